-- Write a changed record with its indexes, unless it was changed by another or under a newer lease.
-- ARGV[1] a change as JSON, see shared.lua, and in it: revision (that the caller saw), number (of the caller's lease, if it
--     has one), lease (its key), ends_lease, pauses (keys of the pauses that must not be on), mini_program (its key),
--     identity, leaves ('active' once submitted, 'all' once cancelled), left (see `forget`)
-- Returns the new revision, 'gone', 'changed', 'fenced', or of the first pause that is on its number and its document.
local change = cjson.decode(ARGV[1])
local fields = redis.call('HMGET', change.record, 'revision', 'fence')
if not fields[1] then
  return 'gone'
end
if change.number and tonumber(fields[2]) > tonumber(change.number) then
  return 'fenced'
end
if fields[1] ~= change.revision then
  return 'changed'
end
for number, key in ipairs(change.pauses) do
  local pause = redis.call('GET', key)
  if pause then
    return {number, pause}
  end
end
local revision = write(change)
if change.leaves and redis.call('HGET', change.mini_program, 'active') == change.id then
  redis.call('HDEL', change.mini_program, 'active')
end
if change.leaves == 'all' then
  forget(change.mini_program, change)
end
if change.ends_lease and redis.call('GET', change.lease) == change.number then
  redis.call('DEL', change.lease)
end
return revision
