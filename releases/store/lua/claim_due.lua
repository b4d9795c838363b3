-- Claim parked releases that are due, by Redis' own clock. A claim that is not followed up is due again.
-- KEYS[1] parked
-- ARGV[1] how many at the most, [2] seconds that a claim lasts
-- Returns {claim score as text, id, id, ...}.
local now = redis.call('TIME')
local claim = string.format('%.3f', now[1] + ARGV[2])
local ids = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now[1] + now[2] / 1000000, 'LIMIT', 0, ARGV[1])
for _, id in ipairs(ids) do
  redis.call('ZADD', KEYS[1], claim, id)
end
table.insert(ids, 1, claim)
return ids
