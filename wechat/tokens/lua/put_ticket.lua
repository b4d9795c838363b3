-- Keep a component_verify_ticket, unless a newer one is kept: WeChat repeats pushes, and somebody may replay an old one.
-- KEYS[1] ticket, KEYS[2] when it was made, KEYS[3] mark: a new ticket was pushed
-- ARGV[1] ticket, ARGV[2] lifetime in s, ARGV[3] when it was made, in s; empty: now, and it counts whatever is kept
-- ARGV[4] 1 if it is another than the one that is kept and was pushed
-- Returns 1 if kept, else 0.
local made = tonumber(ARGV[3])
if made then
  local kept = tonumber(redis.call('GET', KEYS[2]) or '')
  if kept and made <= kept and redis.call('EXISTS', KEYS[1]) == 1 then
    return 0
  end
else
  made = tonumber(redis.call('TIME')[1])
end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
redis.call('SET', KEYS[2], string.format('%d', made), 'EX', ARGV[2])
if ARGV[4] == '1' then
  redis.call('SET', KEYS[3], string.format('%d', made), 'EX', ARGV[2])
end
return 1
