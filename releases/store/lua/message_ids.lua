-- The task ids of all messages in the queues and among the unacknowledged.
-- KEYS[1] unacknowledged, [2...] queues
-- Returns {ids in the queues, ids among the unacknowledged}; a message without an id is passed over.
local function add_ids(ids, messages)
  for _, message in ipairs(messages) do
    -- In the unacknowledged the message is a JSON text inside JSON, so its quotes may be escaped.
    local id = string.match(message, '\\?"id\\?": ?\\?"([^"\\]+)')
    if id then
      ids[#ids + 1] = id
    end
  end
  return ids
end
local queued = {}
for i = 2, #KEYS do
  add_ids(queued, redis.call('LRANGE', KEYS[i], 0, -1))
end
return {queued, add_ids({}, redis.call('HVALS', KEYS[1]))}
