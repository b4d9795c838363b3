-- Give releases of the first layout their place, a page of one index at a time; may be repeated, and be done in part.
-- ARGV[1] JSON: lock (key) and token (of whoever migrates), lock_ms, index, start and number (its page), record (what a
--     record's key begins with), all, goes_on (true: the index lists releases that go on), parked, unfed (keys), held_before
--     and held (what the keys of what a pause holds begin with, then and now), scopes (of the platform), wave_scope (what a
--     wave's begins with), lanes {urgent, begun, new}, sent {urgent, default}
-- Returns {releases in the page, releases that were given a place}, or {-1} if the lock is another's.
local ask = cjson.decode(ARGV[1])
if redis.call('GET', ask.lock) ~= ask.token then
  return {-1}
end
redis.call('PEXPIRE', ask.lock, ask.lock_ms)
local time = score(now())

local function is_urgent(document)
  -- The words may stand in what the platform's `ext` says, so they are looked for first and read then.
  if not string.find(document, '"urgent":true', 1, true) then
    return false
  end
  local can_be_read, release = pcall(cjson.decode, document)
  return can_be_read and release.urgent == true
end

-- The pause's scope, if one holds it; it is held no more where it was.
local function freed_from(id, wave)
  local found
  for _, scope in ipairs(ask.scopes) do
    found = redis.call('SREM', ask.held_before .. scope, id) == 1 and scope or found
  end
  if wave and redis.call('SREM', ask.held_before .. ask.wave_scope .. wave, id) == 1 then
    found = ask.wave_scope .. wave
  end
  return found
end

-- A release could stand in several of the old indexes after its worker had died: what holds it counts before its time,
-- and both before the feeder, which sent it already then. What stood in none had a message, which may be lost.
local function give_place(id, record, wave, urgent)
  local created = redis.call('ZSCORE', ask.all, id) or time
  local due = redis.call('ZSCORE', ask.parked, id)
  local unfed = redis.call('ZSCORE', ask.unfed, id)
  local scope = freed_from(id, wave)
  if scope then
    place(record, id, ask.held .. scope, created)
  elseif due then
    place(record, id, urgent and ask.lanes.urgent or ask.lanes.begun, due)
  elseif unfed then
    place(record, id, urgent and ask.lanes.urgent or ask.lanes.new, created)
  else
    place(record, id, urgent and ask.sent.urgent or ask.sent.default, time)
  end
  redis.call('ZREM', ask.parked, id)
  redis.call('ZREM', ask.unfed, id)
end

local ids = redis.call('ZRANGE', ask.index, ask.start, ask.start + ask.number - 1)
local placed = 0
for _, id in ipairs(ids) do
  local record = ask.record .. id
  local document, stands, wave = unpack(redis.call('HMGET', record, 'document', 'place', 'wave'))
  if document and not stands then
    local urgent = is_urgent(document)
    if urgent then
      redis.call('HSET', record, 'urgent', 1)
    end
    if ask.goes_on then
      give_place(id, record, wave, urgent)
      placed = placed + 1
    end
  end
end
return {#ids, placed}
