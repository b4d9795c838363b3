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

-- A release was cancelled: of its version the newest that was not cancelled is the same again, `left`, if there is one.
local function forget(mini_program, cancelled)
  if redis.call('HGET', mini_program, cancelled.identity) ~= cancelled.id then
    return
  end
  if cancelled.left then
    redis.call('HSET', mini_program, cancelled.identity, cancelled.left)
  else
    redis.call('HDEL', mini_program, cancelled.identity)
  end
end

-- Note for the webhook that a release, or only its wave, has changed. Without the index nobody wants to know.
local function announce(index, id, wave, counts)
  if redis.call('EXISTS', index) == 0 then
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
    recount(wave.counts, before.status, nil)
    recount(wave.counts, before.waits, nil)
    count(wave.counts, wave.had_started and 'started', -1)
  elseif wave then
    recount(wave.counts, before.status, after.status)
    recount(wave.counts, before.waits, after.waits)
    if change.minute then
      redis.call('HINCRBY', wave.ends, change.minute, 1)
      redis.call('HSET', wave.ends, 'last', change.ended_at)
    end
    if change.starts then
      redis.call('HINCRBY', wave.counts, 'started', 1)
    end
  end
  recount(change.causes, before.cause, after.cause)
  if change.rests then
    redis.call('ZADD', change.untold, 'NX', score(now()), id)
  elseif before.status then
    redis.call('ZREM', change.untold, id)
  end
  if change.place then
    place(record, id, change.place.index, change.place.at or created)
  end
  announce(change.changed, id, wave and wave.name, wave and wave.counts)
  return revision
end
