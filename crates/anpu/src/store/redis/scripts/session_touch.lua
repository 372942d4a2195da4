-- KEYS: record, index of all. ARGV: id, time to live, prefix of the owners' indexes.
local id, ttl, owners = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local millis = math.floor(micros() / 1000)
local found = redis.call('HMGET', KEYS[1], 'r', 'e', 'o')
if not found[1] or found[2] then return 0 end

local expires = text(millis + ttl)
local function list(index)
  if ttl == 0 then
    redis.call('ZREM', index, id)
  else
    redis.call('ZADD', index, expires, id)
    keep(index, expires)
  end
end
list(KEYS[2])
if found[3] then list(owners .. found[3]) end
if ttl == 0 then
  redis.call('DEL', KEYS[1])
else
  redis.call('HSET', KEYS[1], 't', text(millis), 'x', expires)
  redis.call('PEXPIREAT', KEYS[1], expires)
end
return 1
