-- Find releases whose message was sent, is gone, and was never begun, and note them as sent now.
-- A queue keeps its order, so what was sent before the oldest message that is left has been taken from it; and a worker
-- begins what it takes at once. How long a message waits says nothing: a queue may be long for hours.
-- ARGV[1] JSON: limit, record (what a record's key begins with), queues, each with queue and sent (keys), slack_s (between
--     a write, the message and its begin), looks (messages that are looked at for one of ours)
-- Returns the ids.
local ask = cjson.decode(ARGV[1])
local time = now()
local ids = {}
for _, queue in ipairs(ask.queues) do
  local messages = redis.call('LRANGE', queue.queue, -ask.looks, -1)
  -- Of a longer queue in which none of ours is found, nothing is known.
  local oldest = #messages < ask.looks and time or nil
  for i = #messages, 1, -1 do
    local sent_at = tonumber(string.match(messages[i], '"sent_at": ?"?([0-9.]+)'))
    if sent_at then
      oldest = math.min(time, sent_at)
      break
    end
  end
  if oldest then
    local before = score(oldest - ask.slack_s)
    for _, id in ipairs(redis.call('ZRANGEBYSCORE', queue.sent, '-inf', before, 'LIMIT', 0, ask.limit)) do
      if is_in(queue.sent, ask.record .. id, id) then
        place(ask.record .. id, id, queue.sent, score(time))
        ids[#ids + 1] = id
      end
    end
  end
end
return ids
