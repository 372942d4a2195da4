-- KEYS: record, index of all. ARGV: id, the tombstone's time, prefix of the owners' indexes.
local id, ttl, owners = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local now = micros()
local millis = math.floor(now / 1000)
local found = redis.call('HMGET', KEYS[1], 'r', 'e', 'o', 'x')
local there = found[1] and not found[2]
-- An earlier tombstone stands until its time.
if ttl == 0 and not there then return 0 end

redis.call('DEL', KEYS[1])
if there then
  redis.call('ZREM', KEYS[2], id)
  if found[3] then redis.call('ZREM', owners .. found[3], id) end
end
if ttl > 0 then
  local expires = text(math.max(millis + ttl, found[2] and tonumber(found[4]) or 0))
  redis.call('HSET', KEYS[1], 'e', 1, 'r', following(found[1], now), 'x', expires)
  redis.call('PEXPIREAT', KEYS[1], expires)
end
return there and 1 or 0
