-- Take releases that are due, by Redis' own clock, out of the lanes and note them as sent: their messages are sent next.
-- Whoever dies before that loses nothing, see find_lost.lua.
-- ARGV[1] JSON: limit, record (what a record's key begins with), lanes in their order, each with index, sent and queue (keys), urgent
--     (of a lane with urgent ones among others: their sent), most (messages that its queue may hold; none: any number), idle (true: only while its queue is empty), pace {key,
--     per_s, burst} (so many a second are taken, whoever asks how often, and so many at once)
-- A queue is as long as it was before the call: what the lanes before have just taken keeps no look away, or a retry twice a
-- second would for ever.
-- Returns the ids.
local ask = cjson.decode(ARGV[1])
local time = score(now())
local ids = {}

-- Since when what is taken now counts as taken, and how many that leaves (the generic cell rate algorithm).
local function allowance(pace)
  local since = math.max(tonumber(redis.call('GET', pace.key)) or 0, time - pace.burst / pace.per_s)
  return since, math.floor((time - since) * pace.per_s + 0.001)
end

for _, lane in ipairs(ask.lanes) do
  local room = ask.limit - #ids
  local length = redis.call('LLEN', lane.queue)
  if lane.most then
    room = math.min(room, lane.most - length)
  end
  local since, left
  if lane.pace then
    since, left = allowance(lane.pace)
    room = math.min(room, left)
  end
  local before = #ids
  if room > 0 and not (lane.idle and length > 0) then
    for _, id in ipairs(redis.call('ZRANGEBYSCORE', lane.index, '-inf', time, 'LIMIT', 0, room)) do
      if is_in(lane.index, ask.record .. id, id) then
        local urgent = lane.urgent and redis.call('HGET', ask.record .. id, 'urgent')
        place(ask.record .. id, id, urgent and lane.urgent or lane.sent, time)
        ids[#ids + 1] = id
      end
    end
  end
  if lane.pace and #ids > before then
    redis.call('SET', lane.pace.key, score(since + (#ids - before) / lane.pace.per_s), 'EX', 60)
  end
end
return ids
