-- Store the results of releases again: they may have expired, or somebody else may have written there.
-- ARGV[1...] a release each, as JSON: id, record (its key), revision (that the caller saw), results (see `tell` in shared.lua)
-- Returns the ids of those that were changed meanwhile, of which nothing was stored.
local changed = {}
for _, text in ipairs(ARGV) do
  local seen = cjson.decode(text)
  if redis.call('HGET', seen.record, 'revision') == seen.revision then
    tell(seen.results)
  else
    changed[#changed + 1] = seen.id
  end
end
return changed
