-- Take a mark away that has been dealt with, unless there was another push since.
-- KEYS[1] sorted set of marks
-- ARGV[1] member, ARGV[2] its score when it was read
-- Returns 1 if taken away, else 0.
local score = redis.call('ZSCORE', KEYS[1], ARGV[1])
if score and tonumber(score) == tonumber(ARGV[2]) then
  return redis.call('ZREM', KEYS[1], ARGV[1])
end
return 0
