-- Write a new release with its indexes, and cancel the one it supersedes, all or nothing.
-- KEYS[1] mini program, [2] record, [3] all, [4] status index, [5] index of the appid,
--     [6] index of the wave, [7] counts of the wave,
--     [8] superseded record, [9] its status index, [10] index of the cancelled,
--     [11] counts of its wave, [12] parked, [13] counts of the causes
-- ARGV[1] id, [2] document, [3] identity, [4] score, [5] status, [6] wave or '',
--     [7] active id that the caller saw or '', [8] id of this identity that the caller saw or '',
--     [9] superseded id or '', [10] its revision, [11] its new document, [12] its status,
--     [13] its identity, [14] its wave or '',
--     [15] when others send its message if we do not come to it, in seconds, or '',
--     [16] cause for which the superseded one stood, or ''
-- Returns 1 if written, 0 if the caller saw an older state and has to look again.
local active = redis.call('HGET', KEYS[1], 'active') or ''
local same = redis.call('HGET', KEYS[1], ARGV[3]) or ''
if active ~= ARGV[7] or same ~= ARGV[8] then
  return 0
end
if ARGV[9] ~= '' then
  if redis.call('HGET', KEYS[8], 'revision') ~= ARGV[10] then
    return 0
  end
  redis.call('HSET', KEYS[8], 'document', ARGV[11])
  redis.call('HINCRBY', KEYS[8], 'revision', 1)
  local score = redis.call('ZSCORE', KEYS[9], ARGV[9]) or ARGV[4]
  redis.call('ZREM', KEYS[9], ARGV[9])
  redis.call('ZADD', KEYS[10], score, ARGV[9])
  redis.call('ZREM', KEYS[12], ARGV[9])
  if ARGV[14] ~= '' then
    redis.call('HINCRBY', KEYS[11], ARGV[12], -1)
    redis.call('HINCRBY', KEYS[11], 'cancelled', 1)
  end
  if ARGV[16] ~= '' and redis.call('HINCRBY', KEYS[13], ARGV[16], -1) == 0 then
    redis.call('HDEL', KEYS[13], ARGV[16])
  end
  if redis.call('HGET', KEYS[1], ARGV[13]) == ARGV[9] then
    redis.call('HDEL', KEYS[1], ARGV[13])
  end
end
redis.call('HSET', KEYS[1], 'active', ARGV[1], ARGV[3], ARGV[1])
redis.call('HSET', KEYS[2], 'document', ARGV[2], 'revision', 1, 'fence', 0)
if ARGV[15] ~= '' then
  redis.call('ZADD', KEYS[12], ARGV[15], ARGV[1])
end
redis.call('ZADD', KEYS[3], ARGV[4], ARGV[1])
redis.call('ZADD', KEYS[4], ARGV[4], ARGV[1])
redis.call('ZADD', KEYS[5], ARGV[4], ARGV[1])
if ARGV[6] ~= '' then
  redis.call('ZADD', KEYS[6], ARGV[4], ARGV[1])
  redis.call('HINCRBY', KEYS[7], ARGV[5], 1)
end
return 1
