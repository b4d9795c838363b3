-- Store a Mini Program's refresh token, and forget the access token made from an older one.
-- KEYS[1] refresh token, KEYS[2] token, KEYS[3] refresh lock: a refresh with the old one that is on its way
--     must not be stored
-- ARGV[1] refresh token
-- Returns nothing.
redis.call('SET', KEYS[1], ARGV[1])
redis.call('DEL', KEYS[2], KEYS[3])
