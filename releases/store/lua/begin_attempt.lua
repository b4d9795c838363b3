-- Take the lease of a Mini Program for one attempt, and read the record, the platform's pauses and the wave's.
-- KEYS[1] lease, [2] record, [3] number of the last lease, [4...] pauses
-- ARGV[1] lifetime of the lease in ms, [2] what the key of a wave's pause begins with
-- Numbers grow, and as they are made of the time, two masters at once (a failover) give no number twice.
-- Returns {'missing'}, {'busy', ms left}, or {'held', number, revision, document, pause or false...};
-- the wave's pause is the last.
local document = redis.call('HGET', KEYS[2], 'document')
if not document then
  return {'missing'}
end
local left = redis.call('PTTL', KEYS[1])
if left > 0 then
  return {'busy', left}
end
local now = redis.call('TIME')
local last = tonumber(redis.call('GET', KEYS[3]) or 0)
local number = string.format('%.0f', math.max(now[1] * 1000000 + now[2], last + 1))
redis.call('SET', KEYS[3], number)
redis.call('SET', KEYS[1], number, 'PX', ARGV[1])
redis.call('HSET', KEYS[2], 'fence', number)
local reply = {'held', number, redis.call('HGET', KEYS[2], 'revision'), document}
for i = 4, #KEYS do
  reply[i + 1] = redis.call('GET', KEYS[i])
end
local wave = redis.call('HGET', KEYS[2], 'wave')
reply[#KEYS + 2] = wave and redis.call('GET', ARGV[2] .. wave)
return reply
