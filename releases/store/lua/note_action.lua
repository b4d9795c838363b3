-- Write an order into the log of actions, before what it orders is done.
-- ARGV[1] the entry as JSON, see `note` in shared.lua
-- Returns nothing.
note(cjson.decode(ARGV[1]))
