-- KEYS: record. ARGV: the revision that is known, or ''.
local found = redis.call('HMGET', KEYS[1], 'r', 'e')
if not found[1] then return { 'absent', false, false } end
if found[2] then return { 'ended', false, false } end
if found[1] == ARGV[1] then return { 'unchanged', false, false } end
return { 'record', found[1], redis.call('HGET', KEYS[1], 'd') }
