-- KEYS: record, order of all, expiry of all. ARGV: id, prefixes of the owners' order and expiry.
local owner = redis.call('HGET', KEYS[1], 'o')
local there = redis.call('DEL', KEYS[1])
for _, index in ipairs({ KEYS[2], KEYS[3] }) do redis.call('ZREM', index, ARGV[1]) end
if owner then
  for _, index in ipairs({ ARGV[2] .. owner, ARGV[3] .. owner }) do redis.call('ZREM', index, ARGV[1]) end
end
return there
