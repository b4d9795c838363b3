-- What the scripts share that write releases; it stands before each of them. It takes nothing by itself.
-- Returns nothing by itself.
-- A record is a hash: document, revision, fence (number of the newest lease), wave, urgent ('1'), and place: the index in
-- which the release stands while it goes on. Such an index is a sorted set: of a lane of what is due, of what was sent, or
-- of what a pause holds. A release that goes on stands in one of them, its record says in which; one at rest in none.

local function now()
  local time = redis.call('TIME')
  return time[1] + time[2] / 1000000
end

-- Numbers of Lua lose their fractions where Redis turns them into text.
local function score(seconds)
  return string.format('%.3f', seconds)
end

-- Let the release stand in `index` from now on, due `at` a time (text); nowhere if there is no index.
local function place(record, id, index, at)
  local before = redis.call('HGET', record, 'place')
  if before and before ~= index then
    redis.call('ZREM', before, id)
  end
  if not index then
    redis.call('HDEL', record, 'place')
    return
  end
  redis.call('ZADD', index, at, id)
  if before ~= index then
    redis.call('HSET', record, 'place', index)
  end
end

-- Whether a release that an index lists stands there by its record too; where not, the index has it no more.
local function is_in(index, record, id)
  local stands = redis.call('HGET', record, 'place') == index
  if not stands then
    redis.call('ZREM', index, id)
  end
  return stands
end

-- Let somebody look at it soon, the urgent ones first.
local function place_soon(record, id, lanes, at)
  place(record, id, redis.call('HGET', record, 'urgent') and lanes.urgent or lanes.begun, at)
end

-- Add to a number of a hash; one that reaches nothing goes.
local function count(hash, field, by)
  if field and redis.call('HINCRBY', hash, field, by) <= 0 then
    redis.call('HDEL', hash, field)
  end
end

-- It no longer counts as one thing but as another; each may be nothing.
local function recount(hash, before, after)
  if before ~= after then
    count(hash, before, -1)
    count(hash, after, 1)
  end
end

-- An order for releases goes into the log of actions, whose oldest entries go when it is full. Again changes nothing.
-- `order` is made by `Action.entry`; without one nobody ordered anything.
local function note(order)
  if not order then
    return
  end
  redis.call('ZADD', order.log, order.at, order.entry)
  for _, oldest in ipairs(redis.call('ZRANGE', order.log, 0, order.over)) do
    redis.call('ZREM', order.log, oldest)
  end
end

-- It stands in an index by the time since when it is what it is; before and after, each may be nothing.
local function date(id, before, after)
  if before and not (after and after.index == before.index) then
    redis.call('ZREM', before.index, id)
  end
  if after then
    redis.call('ZADD', after.index, after.at, id)
  end
end

-- A release was cancelled: of its version the newest that was not cancelled is the same again, `left`, if there is one.
local function forget(mini_program, cancelled)
  if redis.call('HGET', mini_program, cancelled.identity) ~= cancelled.id then
    return
  end
  -- Two may be cancelled at once, each of which the other left.
  local left = cancelled.left
  if left and not redis.call('ZSCORE', cancelled.after.index, left) then
    redis.call('HSET', mini_program, cancelled.identity, left)
  else
    redis.call('HDEL', mini_program, cancelled.identity)
  end
end

-- A release that waits behind another one goes on at once.
local function wake(how, id)
  if redis.call('HGET', how.record .. id, 'place') == how.looks then
    place_soon(how.record .. id, id, how.lanes, score(now()))
  end
end

-- What the release is to its Mini Program (active, ahead, live) has changed.
local function take_role(change)
  local before, after = change.role_before, change.role
  if before == after then
    return
  end
  if before and redis.call('HGET', change.mini_program, before) == change.id then
    redis.call('HDEL', change.mini_program, before)
  end
  if after then
    redis.call('HSET', change.mini_program, after, change.id)
  end
end

-- Note for the webhook that a release, or only its wave, has changed. Without the index nobody wants to know.
local function announce(index, id, wave, counts)
  if not index or redis.call('EXISTS', index) == 0 then
    return
  end
  local at = score(now())
  if id then
    redis.call('ZADD', index, 'NX', at, 'release:' .. id)
  end
  if wave then
    redis.call('ZADD', index, 'NX', at, 'wave:' .. wave)
    redis.call('HINCRBY', counts, 'revision', 1)
  end
end

-- Let Celery's clients know how it stands; made by releases/results.py. As with Celery's own backends, what has succeeded stays.
local function tell(results)
  if not results then
    return
  end
  for _, key in ipairs(results.forgotten) do
    redis.call('DEL', key)
  end
  for _, result in ipairs(results.told) do
    local key, value = unpack(result)
    -- Other programs may write there: whatever stands there that is no result must not keep the record from being written.
    local there = redis.pcall('GET', key)
    local is_json, found = pcall(cjson.decode, there)
    if not (is_json and type(found) == 'table' and found.status == 'SUCCESS') then
      redis.call('SET', key, value, 'EX', results.expires_s)
      redis.call('PUBLISH', key, value)
    end
  end
end

-- Write a release with all indexes and counts. `change` is made by releases/store/changes.py, which explains it.
-- Returns the new revision.
local function write(change)
  local id, record, wave = change.id, change.record, change.wave
  local before, after = change.before or {}, change.after
  redis.call('HSET', record, 'document', change.document)
  local revision = redis.call('HINCRBY', record, 'revision', 1)
  local created = change.created or redis.call('ZSCORE', change.all, id) or 0
  if before.status ~= after.status then
    if before.index then
      redis.call('ZREM', before.index, id)
    end
    redis.call('ZADD', after.index, created, id)
  end
  if wave and wave.left then
    recount(wave.counts, before.counted, nil)
    recount(wave.counts, before.waits, nil)
    count(wave.counts, wave.had_started and 'started', -1)
  elseif wave then
    recount(wave.counts, before.counted, after.counted)
    recount(wave.counts, before.waits, after.waits)
    if change.minute then
      redis.call('HINCRBY', wave.ends, change.minute, 1)
      redis.call('HSET', wave.ends, 'last', change.ended_at)
    end
    if change.starts then
      redis.call('HINCRBY', wave.counts, 'started', 1)
    end
  end
  if change.publication then
    redis.call('SADD', change.publication.watched, change.publication.wave)
    for _, field in ipairs(change.publication.before) do
      count(change.publication.counts, field, -1)
    end
    for _, field in ipairs(change.publication.after) do
      count(change.publication.counts, field, 1)
    end
  end
  recount(change.causes, before.cause, after.cause)
  recount(change.standing, before.standing, after.standing)
  date(id, before.since, after.since)
  take_role(change)
  local waiting = change.wake and redis.call('HGET', change.mini_program, 'active')
  if waiting then
    wake(change.wake, waiting)
  end
  if change.place then
    place(record, id, change.place.index, change.place.at or created)
  end
  announce(change.changed, id, wave and wave.name, wave and wave.counts)
  tell(change.results)
  return revision
end
