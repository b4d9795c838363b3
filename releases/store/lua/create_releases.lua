-- Write new releases with their indexes, and cancel those that they supersede: all of them or none.
-- ARGV[1] what begins with them, as JSON: policy, pause and wave of a wave that is new, or begins anew: without a pause its
--     brake ends; policy_key, pause_key, watched (keys); action (the order, see `note` in shared.lua)
-- ARGV[2...] a release each, as JSON: a change, see shared.lua, and in it: mini_program (its key), identity,
--     known {active, same} (the ids that the caller saw, if any), indexes (keys that list it for good), urgent,
--     superseded (a change, and in it revision, identity, left: the newest release of its version that was not cancelled)
-- Returns 0 if written, else the number of the first release of which the caller saw an older state, or whose id is taken.
local releases = {}
for number = 2, #ARGV do
  local new = cjson.decode(ARGV[number])
  local active = redis.call('HGET', new.mini_program, 'active') or nil
  local same = redis.call('HGET', new.mini_program, new.identity) or nil
  if active ~= new.known.active or same ~= new.known.same or redis.call('EXISTS', new.record) == 1 then
    return number - 1
  end
  local old = new.superseded
  if old and redis.call('HGET', old.record, 'revision') ~= old.revision then
    return number - 1
  end
  releases[number - 1] = new
end
for _, new in ipairs(releases) do
  local old = new.superseded
  if old then
    write(old)
    forget(new.mini_program, old)
  end
  redis.call('HSET', new.mini_program, new.identity, new.id)
  redis.call('HSET', new.record, 'fence', 0)
  if new.urgent then
    redis.call('HSET', new.record, 'urgent', 1)
  end
  for _, index in ipairs(new.indexes) do
    redis.call('ZADD', index, new.created, new.id)
  end
  if new.wave then
    redis.call('HSET', new.record, 'wave', new.wave.name)
  end
  write(new)
end
local opening = cjson.decode(ARGV[1])
note(opening.action)
if opening.policy then
  redis.call('SET', opening.policy_key, opening.policy)
  redis.call('SADD', opening.watched, opening.wave)
end
if opening.pause then
  redis.call('SET', opening.pause_key, opening.pause)
elseif opening.policy then
  redis.call('DEL', opening.pause_key)
end
return 0
