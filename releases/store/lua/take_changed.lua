-- Take or keep the lease of whoever sends webhooks, see to it that changes are noted, and say what is to be sent now.
-- ARGV[1] JSON: sender (key of the lease), token, lease_s, changed, late, endpoint (keys), kept_s (how long changes are noted with
--     nobody who sends them), url (its fingerprint), name (that may be shown), most, gathered_s {release, wave} (how old a change
--     has to be)
-- Returns {'other'} if another one sends, {'stopped'} or {'waits'}; else {'send', failures, member...}: one to try with after
-- a failure.
local ask = cjson.decode(ARGV[1])
local holder = redis.call('GET', ask.sender)
if holder and holder ~= ask.token then
  return {'other'}
end
redis.call('SET', ask.sender, ask.token, 'PX', ask.lease_s * 1000)
-- Nothing has this name: it keeps the index there when nothing else is in it.
redis.call('ZADD', ask.changed, '+inf', '')
redis.call('PEXPIRE', ask.changed, ask.kept_s * 1000)
redis.call('PEXPIRE', ask.late, ask.kept_s * 1000)
if redis.call('HGET', ask.endpoint, 'url') ~= ask.url then
  redis.call('DEL', ask.endpoint)
  redis.call('HSET', ask.endpoint, 'url', ask.url, 'name', ask.name)
end
local failures, next_at, gone = unpack(redis.call('HMGET', ask.endpoint, 'failures', 'next_at', 'gone'))
local time = now()
if gone then
  return {'stopped'}
end
if next_at and tonumber(next_at) > time then
  return {'waits'}
end
local most = failures and 1 or ask.most
local reply = {'send', tonumber(failures or 0)}
-- Some more than are wanted: waves among them may not have gathered yet.
local old = score(time - ask.gathered_s.release)
local found = redis.call('ZRANGEBYSCORE', ask.changed, '-inf', old, 'WITHSCORES', 'LIMIT', 0, 8 * ask.most)
for i = 1, #found, 2 do
  local is_wave = string.sub(found[i], 1, 5) == 'wave:'
  if #reply < most + 2 and not (is_wave and tonumber(found[i + 1]) > time - ask.gathered_s.wave) then
    reply[#reply + 1] = found[i]
  end
end
return reply
