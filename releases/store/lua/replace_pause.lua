-- Change a pause, begin one or end it, if it still is as the caller saw it; its lifetime stays.
-- ARGV[1] JSON: pause (key), before and after (documents, or none), whatever (true: whichever is on), and of a wave's: wave
--     (its name), counts and changed (keys)
-- Returns 1 if it was changed, else 0.
local ask = cjson.decode(ARGV[1])
local there = redis.call('GET', ask.pause) or nil
if ask.whatever and not there or not ask.whatever and there ~= ask.before then
  return 0
end
if ask.after then
  redis.call('SET', ask.pause, ask.after, 'KEEPTTL')
else
  redis.call('DEL', ask.pause)
end
if ask.wave then
  announce(ask.changed, nil, ask.wave, ask.counts)
end
return 1
