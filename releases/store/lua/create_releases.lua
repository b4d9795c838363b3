-- Write new releases with their indexes, and cancel those that they supersede: all of them or none.
-- KEYS[1] all, [2] parked, [3] not fed yet, [4] index of the cancelled,
--     [5] the wave's policy, [6] its pause, [7] watched waves, [8] counts of the causes, then 9 for each release:
--     mini program, record, status index, index of the appid, index of the wave, counts of the wave, superseded record, its status index, counts of its wave
-- ARGV[1] number of releases, [2] the policy of their wave or '', [3] its pause or '', [4] the wave, then 22 for each:
--     +1 id, +2 document, +3 identity, +4 score, +5 status, +6 wave or '',
--     +7 active id that the caller saw or '', +8 id of this identity that the caller saw or '',
--     +9 superseded id or '', +10 its revision, +11 its new document, +12 its status,
--     +13 its identity, +14 its wave or '',
--     +15 when others send its message if we do not come to it, in seconds, or '', +16 '1' to have it fed,
--     +17 the set that it is held in or '', +18 cause for which the superseded one stood, or '',
--     +19 the set that the superseded one was held in or '', +20 what the new one waits for or '',
--     +21 what the superseded one waited for or '',
--     +22 the newest release of the superseded one's version that was not cancelled, or ''
-- Returns 0 if written, else the number of the first release of which the caller saw an older state, or whose id is taken.
local number = tonumber(ARGV[1])
for n = 1, number do
  local k, a = 8 + 9 * (n - 1), 4 + 22 * (n - 1)
  local active = redis.call('HGET', KEYS[k + 1], 'active') or ''
  local same = redis.call('HGET', KEYS[k + 1], ARGV[a + 3]) or ''
  if active ~= ARGV[a + 7] or same ~= ARGV[a + 8] or redis.call('EXISTS', KEYS[k + 2]) == 1 then
    return n
  end
  if ARGV[a + 9] ~= '' and redis.call('HGET', KEYS[k + 7], 'revision') ~= ARGV[a + 10] then
    return n
  end
end
for n = 1, number do
  local k, a = 8 + 9 * (n - 1), 4 + 22 * (n - 1)
  local mini, record = KEYS[k + 1], KEYS[k + 2]
  local id, score = ARGV[a + 1], ARGV[a + 4]
  local old = ARGV[a + 9]
  if old ~= '' then
    redis.call('HSET', KEYS[k + 7], 'document', ARGV[a + 11])
    redis.call('HINCRBY', KEYS[k + 7], 'revision', 1)
    local created = redis.call('ZSCORE', KEYS[k + 8], old) or score
    redis.call('ZREM', KEYS[k + 8], old)
    redis.call('ZADD', KEYS[4], created, old)
    redis.call('ZREM', KEYS[2], old)
    if ARGV[a + 19] ~= '' then
      redis.call('SREM', ARGV[a + 19], old)
    end
    if ARGV[a + 14] ~= '' then
      redis.call('HINCRBY', KEYS[k + 9], ARGV[a + 12], -1)
      redis.call('HINCRBY', KEYS[k + 9], 'cancelled', 1)
      local waited = 'waits ' .. ARGV[a + 21]
      if ARGV[a + 21] ~= '' and redis.call('HINCRBY', KEYS[k + 9], waited, -1) <= 0 then
        redis.call('HDEL', KEYS[k + 9], waited)
      end
    end
    if ARGV[a + 18] ~= '' and redis.call('HINCRBY', KEYS[8], ARGV[a + 18], -1) == 0 then
      redis.call('HDEL', KEYS[8], ARGV[a + 18])
    end
    if redis.call('HGET', mini, ARGV[a + 13]) == old then
      if ARGV[a + 22] ~= '' then
        redis.call('HSET', mini, ARGV[a + 13], ARGV[a + 22])
      else
        redis.call('HDEL', mini, ARGV[a + 13])
      end
    end
  end
  redis.call('HSET', mini, 'active', id, ARGV[a + 3], id)
  redis.call('HSET', record, 'document', ARGV[a + 2], 'revision', 1, 'fence', 0)
  if ARGV[a + 15] ~= '' then
    redis.call('ZADD', KEYS[2], ARGV[a + 15], id)
  end
  if ARGV[a + 16] == '1' then
    redis.call('ZADD', KEYS[3], score, id)
  end
  if ARGV[a + 17] ~= '' then
    redis.call('SADD', ARGV[a + 17], id)
  end
  redis.call('ZADD', KEYS[1], score, id)
  redis.call('ZADD', KEYS[k + 3], score, id)
  redis.call('ZADD', KEYS[k + 4], score, id)
  if ARGV[a + 6] ~= '' then
    redis.call('HSET', record, 'wave', ARGV[a + 6])
    redis.call('ZADD', KEYS[k + 5], score, id)
    redis.call('HINCRBY', KEYS[k + 6], ARGV[a + 5], 1)
    if ARGV[a + 20] ~= '' then
      redis.call('HINCRBY', KEYS[k + 6], 'waits ' .. ARGV[a + 20], 1)
    end
  end
end
if ARGV[2] ~= '' then
  redis.call('SET', KEYS[5], ARGV[2])
  redis.call('SADD', KEYS[7], ARGV[4])
end
if ARGV[3] ~= '' then
  redis.call('SET', KEYS[6], ARGV[3])
end
return 0
