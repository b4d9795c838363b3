-- Delete a key if it still holds the value: releases a lock, forgets a rejected token.
-- KEYS[1] key, ARGV[1] value
-- Returns 1 if deleted, else 0.
if redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.call('DEL', KEYS[1])
end
return 0
