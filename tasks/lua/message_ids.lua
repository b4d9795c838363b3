-- The task ids of all messages in the queue and among the unacknowledged.
-- KEYS[1] queue, [2] unacknowledged
-- Returns the ids; a message without one is passed over.
local ids = {}
local function note(message)
  -- In the unacknowledged the message is a JSON text inside JSON, so its quotes may be escaped.
  local id = string.match(message, '\\?"id\\?": ?\\?"([^"\\]+)')
  if id then
    ids[#ids + 1] = id
  end
end
for _, message in ipairs(redis.call('LRANGE', KEYS[1], 0, -1)) do
  note(message)
end
for _, message in ipairs(redis.call('HVALS', KEYS[2])) do
  note(message)
end
return ids
