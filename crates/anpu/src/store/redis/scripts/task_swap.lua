-- KEYS: record, order of all, expiry of all. ARGV: id, expected, bytes, time to live, prefixes of the owners' order and
-- expiry.
local id, ttl = ARGV[1], tonumber(ARGV[4])
local now = micros()
local millis = math.floor(now / 1000)
local found = redis.call('HMGET', KEYS[1], 'r', 'o')
if not found[1] or not meets(ARGV[2], found[1]) then return { 'conflict', false } end

local revision, expires = following(found[1], now), text(millis + ttl)
local function list(order, expiry)
  if ttl == 0 then
    redis.call('ZREM', order, id)
    redis.call('ZREM', expiry, id)
  else
    redis.call('ZADD', expiry, expires, id)
    keep(order, expires)
    keep(expiry, expires)
  end
end
list(KEYS[2], KEYS[3])
if found[2] then list(ARGV[5] .. found[2], ARGV[6] .. found[2]) end
if ttl == 0 then
  redis.call('DEL', KEYS[1])
else
  redis.call('HSET', KEYS[1], 'r', revision, 'd', ARGV[3], 't', text(millis), 'x', expires)
  redis.call('PEXPIREAT', KEYS[1], expires)
end
return { 'done', revision }
