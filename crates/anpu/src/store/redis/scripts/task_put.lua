-- KEYS: record, order of all, expiry of all. ARGV: id, owner or '', bytes, time to live, prefixes of the owners' order and
-- expiry.
local id, owner, ttl = ARGV[1], ARGV[2], tonumber(ARGV[4])
local now = micros()
local millis = math.floor(now / 1000)
if redis.call('EXISTS', KEYS[1]) == 1 then return { 'conflict', false } end

local revision = text(now)
if ttl == 0 then return { 'done', revision } end
-- Behind the last one, also when the clock was set back.
local last = redis.call('ZREVRANGE', KEYS[2], 0, 0, 'WITHSCORES')[2]
local place, expires = following(last, now), text(millis + ttl)
redis.call('HSET', KEYS[1], 'r', revision, 'd', ARGV[3], 't', text(millis), 'x', expires)
if owner ~= '' then redis.call('HSET', KEYS[1], 'o', owner) end
redis.call('PEXPIREAT', KEYS[1], expires)

local function list(order, expiry)
  redis.call('ZADD', order, place, id)
  redis.call('ZADD', expiry, expires, id)
  keep(order, expires)
  keep(expiry, expires)
  sweep(expiry, order, millis)
end
list(KEYS[2], KEYS[3])
if owner ~= '' then list(ARGV[5] .. owner, ARGV[6] .. owner) end
return { 'done', revision }
