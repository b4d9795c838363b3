-- Write a record as it stands, and say so of all of them, unless one is gone.
-- Whoever waits for the replicas after it knows that they have it, and with it the others: those were written before.
-- KEYS[1...] records
-- Returns 1, or 0 if one of them is gone.
for i = 1, #KEYS do
  if redis.call('EXISTS', KEYS[i]) == 0 then
    return 0
  end
end
redis.call('HSET', KEYS[1], 'document', redis.call('HGET', KEYS[1], 'document'))
return 1
