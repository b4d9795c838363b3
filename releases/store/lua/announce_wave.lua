-- Note for the webhook that a wave's JSON has changed by something else than its releases or its pause.
-- KEYS[1] what has changed, [2] counts of the wave; ARGV[1] the wave
-- Returns nothing.
announce(KEYS[1], nil, ARGV[1], KEYS[2])
