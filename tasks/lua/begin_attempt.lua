-- Take the lease of a Mini Program for one attempt, and read the record, the platform's pauses and the wave's.
-- KEYS[1] lease, [2] record, [3] number of the last lease, [4...] pauses
-- ARGV[1] lifetime of the lease in ms, [2] what the key of a wave's pause begins with
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
local number = redis.call('INCR', KEYS[3])
redis.call('SET', KEYS[1], number, 'PX', ARGV[1])
redis.call('HSET', KEYS[2], 'fence', number)
local reply = {'held', number, redis.call('HGET', KEYS[2], 'revision'), document}
for i = 4, #KEYS do
  reply[i + 1] = redis.call('GET', KEYS[i])
end
local wave = redis.call('HGET', KEYS[2], 'wave')
reply[#KEYS + 2] = wave and redis.call('GET', ARGV[2] .. wave)
return reply
