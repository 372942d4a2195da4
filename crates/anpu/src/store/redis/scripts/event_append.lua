-- ARGV: stream, bytes, most events, most bytes, time to live.
local now = micros()
local last = redis.call('HGET', KEYS[1], 'l')
if not last then
  redis.call('DEL', KEYS[2], KEYS[3])
  redis.call('HSET', KEYS[1], 'b', text(now - 1), 'n', 0, 'z', 0, 'f', 0)
end
local position = following(last, now)
redis.call('XADD', KEYS[2], position .. '-0', 's', ARGV[1], 'd', ARGV[2])
redis.call('HSET', KEYS[1], 'l', position)
local count = redis.call('HINCRBY', KEYS[1], 'n', 1)
local bytes = redis.call('HINCRBY', KEYS[1], 'z', #ARGV[2])

local most, most_bytes = tonumber(ARGV[3]), tonumber(ARGV[4])
while count > 1 and (count > most or bytes > most_bytes) do
  local oldest = redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', 1)[1]
  if not oldest then break end
  drop(oldest)
  count = count - 1
  bytes = bytes - #field(oldest, 'd')
end

local expires = text(math.floor(now / 1000) + tonumber(ARGV[5]))
for _, key in ipairs(KEYS) do
  if ARGV[5] == '0' then
    redis.call('DEL', key)
  else
    redis.call('PEXPIREAT', key, expires)
  end
end
return position
