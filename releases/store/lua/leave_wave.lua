-- Watch a half of a wave no more that is over, and drop its pause, for which nobody waits; unless something of it goes on again.
-- KEYS[1] watched waves, [2] counts of that half, [3] the releases that its pause holds, [4] what has changed, [5] counts of the
--     wave, [6] its pause, or none if that stays: then whoever is ordered later has to wait for a person as well
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
if KEYS[6] and redis.call('DEL', KEYS[6]) == 1 then
  announce(KEYS[4], nil, ARGV[1], KEYS[5])
end
return 1
