-- The task ids of all messages in the queue and among the unacknowledged.
-- KEYS[1] queue, [2] unacknowledged
-- Returns {ids in the queue, ids among the unacknowledged}; a message without an id is passed over.
local function ids_of(messages)
  local ids = {}
  for _, message in ipairs(messages) do
    -- In the unacknowledged the message is a JSON text inside JSON, so its quotes may be escaped.
    local id = string.match(message, '\\?"id\\?": ?\\?"([^"\\]+)')
    if id then
      ids[#ids + 1] = id
    end
  end
  return ids
end
return {ids_of(redis.call('LRANGE', KEYS[1], 0, -1)), ids_of(redis.call('HVALS', KEYS[2]))}
