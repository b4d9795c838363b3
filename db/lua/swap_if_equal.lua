-- Replace a key's value if it still is the old one; its lifetime stays.
-- KEYS[1] key, ARGV[1] old value, ARGV[2] new value
-- Returns 1 if replaced, else 0.
if redis.call('GET', KEYS[1]) == ARGV[1] then
  redis.call('SET', KEYS[1], ARGV[2], 'KEEPTTL')
  return 1
end
return 0
