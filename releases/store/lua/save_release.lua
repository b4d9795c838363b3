-- Write a changed record with its indexes, unless it was changed by another or under a newer lease.
-- KEYS[1] record, [2] mini program, [3] lease, [4] index of the old status, [5] of the new one,
--     [6] parked, [7] counts of the wave, [8] ends of the wave, [9] counts of the causes, [10] results to be stored,
--     [11...] the sets it may be held in, then the pauses that must not be on
-- ARGV[1] id, [2] revision that the caller saw, [3] number of the caller's lease or '', [4] document,
--     [5] old status, [6] new status, [7] wave or '', [8] due time of the parked in seconds or '',
--     [9] the set that it is to be held in or '', [10] '1' to end the lease, [11] identity,
--     [12] what becomes of the Mini Program: 'active', 'free' (submitted), 'forget' (cancelled),
--     [13] the minute in which it came to rest, or '',
--     [14] cause for which it stood or '', [15] cause for which it stands now or '',
--     [16] '1' if its first attempt begins, [17] what it waited for or '', [18] what it waits for now or '',
--     [19] how many pauses are among the keys,
--     [20] if it is cancelled, the newest release of its version that was not, or '',
--     [21] '1' if it is at rest and its result is to be stored
-- Returns the new revision, 'gone', 'changed', 'fenced', or of the first pause that is on its number and its document.
local fields = redis.call('HMGET', KEYS[1], 'revision', 'fence')
if not fields[1] then
  return 'gone'
end
if ARGV[3] ~= '' and tonumber(fields[2]) > tonumber(ARGV[3]) then
  return 'fenced'
end
if fields[1] ~= ARGV[2] then
  return 'changed'
end
local last_set = #KEYS - tonumber(ARGV[19])
for i = last_set + 1, #KEYS do
  local pause = redis.call('GET', KEYS[i])
  if pause then
    return {i - last_set, pause}
  end
end
redis.call('HSET', KEYS[1], 'document', ARGV[4])
local revision = redis.call('HINCRBY', KEYS[1], 'revision', 1)
if ARGV[16] == '1' and ARGV[7] ~= '' then
  redis.call('HINCRBY', KEYS[7], 'started', 1)
end
if ARGV[5] ~= ARGV[6] then
  local score = redis.call('ZSCORE', KEYS[4], ARGV[1]) or 0
  redis.call('ZREM', KEYS[4], ARGV[1])
  redis.call('ZADD', KEYS[5], score, ARGV[1])
  if ARGV[7] ~= '' then
    redis.call('HINCRBY', KEYS[7], ARGV[5], -1)
    redis.call('HINCRBY', KEYS[7], ARGV[6], 1)
    if ARGV[13] ~= '' then
      redis.call('HINCRBY', KEYS[8], ARGV[13], 1)
    end
  end
end
if ARGV[17] ~= ARGV[18] and ARGV[7] ~= '' then
  if ARGV[18] ~= '' then
    redis.call('HINCRBY', KEYS[7], 'waits ' .. ARGV[18], 1)
  end
  if ARGV[17] ~= '' and redis.call('HINCRBY', KEYS[7], 'waits ' .. ARGV[17], -1) <= 0 then
    redis.call('HDEL', KEYS[7], 'waits ' .. ARGV[17])
  end
end
if ARGV[14] ~= ARGV[15] then
  if ARGV[15] ~= '' then
    redis.call('HINCRBY', KEYS[9], ARGV[15], 1)
  end
  if ARGV[14] ~= '' and redis.call('HINCRBY', KEYS[9], ARGV[14], -1) == 0 then
    redis.call('HDEL', KEYS[9], ARGV[14])
  end
end
if ARGV[8] ~= '' then
  redis.call('ZADD', KEYS[6], ARGV[8], ARGV[1])
else
  redis.call('ZREM', KEYS[6], ARGV[1])
end
if ARGV[21] == '1' then
  redis.call('ZADD', KEYS[10], 'NX', redis.call('TIME')[1], ARGV[1])
else
  redis.call('ZREM', KEYS[10], ARGV[1])
end
for i = 11, last_set do
  redis.call(KEYS[i] == ARGV[9] and 'SADD' or 'SREM', KEYS[i], ARGV[1])
end
if ARGV[12] ~= 'active' and redis.call('HGET', KEYS[2], 'active') == ARGV[1] then
  redis.call('HDEL', KEYS[2], 'active')
end
if ARGV[12] == 'forget' and redis.call('HGET', KEYS[2], ARGV[11]) == ARGV[1] then
  if ARGV[20] ~= '' then
    redis.call('HSET', KEYS[2], ARGV[11], ARGV[20])
  else
    redis.call('HDEL', KEYS[2], ARGV[11])
  end
end
if ARGV[10] == '1' and redis.call('GET', KEYS[3]) == ARGV[3] then
  redis.call('DEL', KEYS[3])
end
return revision
