-- End a lease that no write has ended.
-- A release that still stands as it was put when the lease began is due at once, or stands again as it stood before.
-- ARGV[1] JSON: id, record, lease (keys), number, lanes {urgent, begun}, back {index, at} or none
-- Returns 1 if the lease was the caller's, else 0.
local ask = cjson.decode(ARGV[1])
if redis.call('GET', ask.lease) ~= ask.number then
  return 0
end
redis.call('DEL', ask.lease)
local stands = redis.call('HGET', ask.record, 'place')
if stands == ask.lanes.urgent or stands == ask.lanes.begun then
  local back = ask.back or {index = stands, at = score(now())}
  place(ask.record, ask.id, back.index, back.at)
end
return 1
