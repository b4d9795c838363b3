-- When a pause is over, let the releases that it held go on, some at a time; or some of them while it is on.
-- ARGV[1] JSON: pause, held, all (keys), lanes {urgent, begun: where the others go}, record (what a record's key begins with), limit,
--     even_if_on (true: even while the pause is on), ids (these alone), at (due then; else since they were created)
-- Returns how many go on.
local ask = cjson.decode(ARGV[1])
if not ask.even_if_on and redis.call('EXISTS', ask.pause) == 1 then
  return 0
end
local ids = ask.ids or redis.call('ZRANGE', ask.held, 0, ask.limit - 1)
for _, id in ipairs(ids) do
  local record = ask.record .. id
  if is_in(ask.held, record, id) then
    place_soon(record, id, ask.lanes, ask.at or redis.call('ZSCORE', ask.all, id) or '0')
  end
end
return #ids
