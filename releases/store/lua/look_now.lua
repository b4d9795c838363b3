-- WeChat pushed that something has happened to an audit: let somebody look at the release soon, and not too often.
-- ARGV[1] JSON: mini_program, lease (keys), record (what a record's key begins with), looks (a lane), lanes {urgent, begun},
--     apart_s (between two such looks)
-- Returns 1 if somebody will look who has not begun yet, 0 if not yet: ask again; -1 if nothing is under audit.
-- A submission that was not answered may be decided before anybody knows of its audit: then the time is noted, and who finds
-- the audit looks soon.
local ask = cjson.decode(ARGV[1])
local ahead, active = unpack(redis.call('HMGET', ask.mini_program, 'ahead', 'active'))
local id = ahead or active
local record = id and ask.record .. id
local stands, pushed = unpack(id and redis.call('HMGET', record, 'place', 'pushed') or {})
if not stands then
  return -1
end
if redis.call('EXISTS', ask.lease) == 1 then
  return 0
end
if not ahead then
  redis.call('HSET', record, 'pushed', score(now()))
end
if ahead and stands == ask.looks then
  local at = math.max(now(), (tonumber(pushed) or 0) + ask.apart_s)
  place_soon(record, id, ask.lanes, score(at))
  redis.call('HSET', record, 'pushed', score(at))
end
return 1
