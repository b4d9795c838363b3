-- Write submitted releases of the second layout as they are in the third, some at a time; may be repeated, and be done in part.
-- ARGV[1] JSON: lock (key) and token (of whoever migrates), lock_ms
-- ARGV[2...] a release each: a change as JSON, see shared.lua, and in it revision (that the caller saw)
-- Returns 1, or 0 if the lock is another's.
local ask = cjson.decode(ARGV[1])
if redis.call('GET', ask.lock) ~= ask.token then
  return 0
end
redis.call('PEXPIRE', ask.lock, ask.lock_ms)
for number = 2, #ARGV do
  local change = cjson.decode(ARGV[number])
  if redis.call('HGET', change.record, 'revision') == change.revision then
    write(change)
  end
end
return 1
