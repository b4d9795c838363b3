-- Note what came of some deliveries.
-- What was told as it still is, is no longer to be sent; what failed is tried again after as long as it has failed for.
-- ARGV[1] JSON: changed, late, endpoint, deliveries (keys), url (the endpoint's fingerprint), told, each with member, key (of the
--     hash with its revision) and revision (none: it was not there), failed (members), results (numbers by name), most_s
--     (longest time until a failed one is tried again), trouble (of the endpoint, or none): error, wait_s, failures, gone
-- Returns nothing.
local ask = cjson.decode(ARGV[1])
local time = now()
for _, told in ipairs(ask.told) do
  redis.call('ZREM', ask.late, told.member)
  if (redis.call('HGET', told.key, 'revision') or nil) == told.revision then
    redis.call('ZREM', ask.changed, told.member)
  else
    redis.call('ZADD', ask.changed, 'XX', score(time), told.member)
  end
end
for _, member in ipairs(ask.failed) do
  local at = redis.call('ZSCORE', ask.changed, member)
  if at then
    local since = redis.call('ZSCORE', ask.late, member) or at
    redis.call('ZADD', ask.late, 'NX', since, member)
    local wait_s = math.min(math.max(time - since, 1), ask.most_s)
    redis.call('ZADD', ask.changed, 'XX', score(time + wait_s), member)
  end
end
for name, number in pairs(ask.results) do
  redis.call('HINCRBY', ask.deliveries, name, number)
end
if not next(ask.results) or redis.call('HGET', ask.endpoint, 'url') ~= ask.url then
  return
end
local trouble = ask.trouble
if not trouble then
  redis.call('HDEL', ask.endpoint, 'failures', 'next_at', 'gone')
  return
end
redis.call('HSET', ask.endpoint, 'failures', trouble.failures, 'error', trouble.error, 'failed_at', score(time),
  'next_at', score(time + trouble.wait_s))
if trouble.gone then
  redis.call('HSET', ask.endpoint, 'gone', 1)
end
