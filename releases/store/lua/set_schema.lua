-- A migration is over: drop keys of the old layout, and say which one there is now.
-- KEYS[1] lock, [2] schema, [3...] keys to drop
-- ARGV[1] token of whoever migrates, [2] the new number
-- Returns 1, or 0 if the lock is another's.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return 0
end
for i = 3, #KEYS do
  redis.call('DEL', KEYS[i])
end
redis.call('SET', KEYS[2], ARGV[2])
return 1
