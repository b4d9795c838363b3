-- When a pause is over, make the releases that it held due.
-- KEYS[1] pause, [2] held, [3] where they go
-- ARGV[1] '1' to move them even while the pause is on
-- Returns how many were moved.
if ARGV[1] ~= '1' and redis.call('EXISTS', KEYS[1]) == 1 or redis.call('EXISTS', KEYS[2]) == 0 then
  return 0
end
local moved = redis.call('SCARD', KEYS[2])
-- A set counts as scored 1: due since 1970. One that is there already is due at the sooner time.
redis.call('ZUNIONSTORE', KEYS[3], 2, KEYS[3], KEYS[2], 'AGGREGATE', 'MIN')
redis.call('DEL', KEYS[2])
return moved
