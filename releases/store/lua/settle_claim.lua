-- Forget claims whose messages have been sent, unless the release has been parked anew since.
-- KEYS[1] parked
-- ARGV[1] claim score as text, ARGV[2...] ids
-- Returns how many were forgotten.
local settled = 0
for i = 2, #ARGV do
  local score = redis.call('ZSCORE', KEYS[1], ARGV[i])
  if score and tonumber(score) == tonumber(ARGV[1]) then
    settled = settled + redis.call('ZREM', KEYS[1], ARGV[i])
  end
end
return settled
