-- Write a changed record with its indexes, unless it was changed by another or under a newer lease.
-- ARGV[1] a change as JSON, see shared.lua, and in it: revision (that the caller saw), number (of the caller's lease, if it
--     has one), lease (its key), ends_lease, pauses (keys of the pauses that must not be on), canary (true: those in which the others
--     wait for it may be), mini_program (its key),
--     identity, cancels (true: it is cancelled), left (see `forget`), takes (a role that no other release may have), behind {key,
--     revision, and what `wake` takes} of the release that it waits for, as the caller saw it
-- ARGV[2] the order for it as JSON, if somebody gave one: see `note` in shared.lua
-- Returns the new revision, 'gone', 'changed', 'fenced', 'taken', or of the first pause that is on its number and its document.
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
local holder = change.takes and redis.call('HGET', change.mini_program, change.takes)
if holder and holder ~= change.id then
  return 'taken'
end
for number, key in ipairs(change.pauses) do
  local pause = redis.call('GET', key)
  if pause and not (change.canary and cjson.decode(pause).canary) then
    return {number, pause}
  end
end
local revision = write(change)
note(ARGV[2] and cjson.decode(ARGV[2]))
local behind = change.behind
if behind and redis.call('HGET', behind.key, 'revision') ~= behind.revision then
  -- That has left, maybe, when nobody stood behind it yet who could be woken.
  wake(behind, change.id)
end
if change.cancels then
  forget(change.mini_program, change)
end
if change.ends_lease and redis.call('GET', change.lease) == change.number then
  redis.call('DEL', change.lease)
end
return revision
