-- Keep an authorization code until a worker has exchanged it, if there are not too many, not counting those that have expired.
-- KEYS[1] hash of the codes
-- ARGV[1] field, ARGV[2] code with `EXPIRES_AT ` before it, in s, ARGV[3] now, in s, ARGV[4] the most codes
-- Returns 1 if it is kept now, 0 if there are too many.
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 1 then
  return 1
end
if redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[4]) then
  local stored = redis.call('HGETALL', KEYS[1])
  for at = 1, #stored, 2 do
    if tonumber(string.match(stored[at + 1], '^%d+')) < tonumber(ARGV[3]) then
      redis.call('HDEL', KEYS[1], stored[at])
    end
  end
  if redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[4]) then
    return 0
  end
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return 1
