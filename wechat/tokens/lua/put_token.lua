-- Store a refreshed token, if the caller still owns the refresh, and end the refresh.
-- KEYS[1] token, KEYS[2] refresh lock
-- ARGV[1] lock owner, ARGV[2] token as JSON, ARGV[3] lifetime in ms
-- Returns 1 if stored, 0 if the lock was lost to another caller, whose token then counts.
if redis.call('GET', KEYS[2]) ~= ARGV[1] then
  return 0
end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
redis.call('DEL', KEYS[2])
return 1
