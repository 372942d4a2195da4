-- KEYS: record. ARGV: expected.
if not meets(ARGV[1], redis.call('HGET', KEYS[1], 'r')) then return 0 end
redis.call('DEL', KEYS[1])
return 1
