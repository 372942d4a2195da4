-- KEYS: record, index of all. ARGV: id, expected, owner or '', bytes, time to live, prefix of the owners' indexes.
local id, owner, ttl, owners = ARGV[1], ARGV[3], tonumber(ARGV[5]), ARGV[6]
local now = micros()
local millis = math.floor(now / 1000)
local found = redis.call('HMGET', KEYS[1], 'r', 'e', 'o')
if found[2] then return { 'ended', false } end
if not meets(ARGV[2], found[1]) then return { 'conflict', false } end

local revision, expires = following(found[1], now), text(millis + ttl)
redis.call('DEL', KEYS[1])
if found[3] and (found[3] ~= owner or ttl == 0) then redis.call('ZREM', owners .. found[3], id) end
if ttl == 0 then
  redis.call('ZREM', KEYS[2], id)
  return { 'done', revision }
end
redis.call('HSET', KEYS[1], 'r', revision, 'd', ARGV[4], 't', text(millis), 'x', expires)
if owner ~= '' then redis.call('HSET', KEYS[1], 'o', owner) end
redis.call('PEXPIREAT', KEYS[1], expires)

local function list(index)
  redis.call('ZADD', index, expires, id)
  keep(index, expires)
  sweep(index, index, millis)
end
list(KEYS[2])
if owner ~= '' then list(owners .. owner) end
return { 'done', revision }
