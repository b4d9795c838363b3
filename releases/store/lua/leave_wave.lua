-- Watch a wave no more that is over, and drop its pause, for which nobody waits; unless something of it goes on again.
-- KEYS[1] watched waves, [2] counts of the wave, [3] the releases that its pause holds, [4] its pause, [5] what has changed
-- ARGV[1] the wave, [2...] the statuses of which no release may be left
-- Returns 1 if the wave is over, else 0.
if redis.call('EXISTS', KEYS[3]) == 1 then
  return 0
end
for i = 2, #ARGV do
  if tonumber(redis.call('HGET', KEYS[2], ARGV[i]) or 0) > 0 then
    return 0
  end
end
redis.call('SREM', KEYS[1], ARGV[1])
if redis.call('DEL', KEYS[4]) == 1 then
  announce(KEYS[5], nil, ARGV[1], KEYS[2])
end
return 1
