-- Take the lease of a Mini Program for one attempt, and read the record, the platform's pauses and the wave's.
-- The release is due when the lease ends: whoever dies with it loses nothing.
-- ARGV[1] JSON: id, record, mini_program, lease, last_lease (keys), lifetime_s, pauses (keys), wave_pauses (what the keys of a
--     wave's pauses begin with), lanes {urgent, begun}, sent (keys of what was sent), busy_s (when to look again at another's lease)
-- Numbers grow, and as they are made of the time, two masters at once (a failover) give no number twice.
-- Returns {'missing'}, {'busy'}, or {'held', number, revision, document, index in which it stood or false, its time
-- there, the release ahead of it or false, when WeChat pushed last about its audit or false, pause or false...}; the wave's pauses are the last.
local ask = cjson.decode(ARGV[1])
local document, revision, wave, stands, fence, pushed =
  unpack(redis.call('HMGET', ask.record, 'document', 'revision', 'wave', 'place', 'fence', 'pushed'))
if not document then
  return {'missing'}
end
local left = redis.call('PTTL', ask.lease)
if left > 0 then
  if stands == ask.sent.urgent or stands == ask.sent.default then
    -- Its own lease: a message too many, and nobody has to look before the lease ends.
    local own = redis.call('GET', ask.lease) == fence
    local wait_s = own and left / 1000 or math.min(left / 1000, ask.busy_s)
    place_soon(ask.record, ask.id, ask.lanes, score(now() + wait_s))
  end
  return {'busy'}
end
local time = redis.call('TIME')
local last = tonumber(redis.call('GET', ask.last_lease) or 0)
local number = string.format('%.0f', math.max(time[1] * 1000000 + time[2], last + 1))
redis.call('SET', ask.last_lease, number)
redis.call('SET', ask.lease, number, 'PX', string.format('%.0f', ask.lifetime_s * 1000))
redis.call('HSET', ask.record, 'fence', number)
local at = stands and redis.call('ZSCORE', stands, ask.id)
if stands then
  place_soon(ask.record, ask.id, ask.lanes, score(now() + ask.lifetime_s))
end
local ahead = redis.call('HGET', ask.mini_program, 'ahead')
local reply = {'held', number, revision, document, stands, at, ahead, pushed}
for _, pause in ipairs(ask.pauses) do
  reply[#reply + 1] = redis.call('GET', pause)
end
for _, pause in ipairs(ask.wave_pauses) do
  reply[#reply + 1] = wave and redis.call('GET', pause .. wave)
end
return reply
