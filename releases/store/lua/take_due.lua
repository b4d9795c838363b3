-- Take releases that are due, by Redis' own clock, out of the lanes and note them as sent: their messages are sent next.
-- Whoever dies before that loses nothing, see find_lost.lua.
-- ARGV[1] JSON: limit, record (what a record's key begins with), lanes in their order, each with index, sent and queue (keys),
--     most (messages that its queue may hold; none: any number), idle (true: only while its queue is empty)
-- Returns the ids.
local ask = cjson.decode(ARGV[1])
local time = score(now())
local ids, added = {}, {}
for _, lane in ipairs(ask.lanes) do
  local room = ask.limit - #ids
  local length = redis.call('LLEN', lane.queue) + (added[lane.queue] or 0)
  if lane.most then
    room = math.min(room, lane.most - length)
  end
  if room > 0 and not (lane.idle and length > 0) then
    for _, id in ipairs(redis.call('ZRANGEBYSCORE', lane.index, '-inf', time, 'LIMIT', 0, room)) do
      if redis.call('HGET', ask.record .. id, 'place') == lane.index then
        place(ask.record .. id, id, lane.sent, time)
        ids[#ids + 1] = id
        added[lane.queue] = (added[lane.queue] or 0) + 1
      else
        redis.call('ZREM', lane.index, id)
      end
    end
  end
end
return ids
