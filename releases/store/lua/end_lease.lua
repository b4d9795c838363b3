-- End a lease that no write has ended. A release that still stands as it was put when the lease began is due at once.
-- ARGV[1] JSON: id, record, lease (keys), number, lanes {urgent, begun}
-- Returns 1 if the lease was the caller's, else 0.
local ask = cjson.decode(ARGV[1])
if redis.call('GET', ask.lease) ~= ask.number then
  return 0
end
redis.call('DEL', ask.lease)
local stands = redis.call('HGET', ask.record, 'place')
if stands == ask.lanes.urgent or stands == ask.lanes.begun then
  redis.call('ZADD', stands, 'XX', score(now()), ask.id)
end
return 1
