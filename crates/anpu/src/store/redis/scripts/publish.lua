-- Adds a message to the bus; each names the one before it, so that a reader sees when one is missing.
-- KEYS: head (l the last id, n messages, z bytes), messages. ARGV: topic, bytes, most messages, most bytes.
local last = redis.call('HGET', KEYS[1], 'l')
if not last then redis.call('DEL', KEYS[1], KEYS[2]) end
local id = redis.call('XADD', KEYS[2], '*', 'p', last or '0-0', 't', ARGV[1], 'd', ARGV[2])
redis.call('HSET', KEYS[1], 'l', id)
local count = redis.call('HINCRBY', KEYS[1], 'n', 1)
local bytes = redis.call('HINCRBY', KEYS[1], 'z', #ARGV[2])

local most, most_bytes = tonumber(ARGV[3]), tonumber(ARGV[4])
while count > 1 and (count > most or bytes > most_bytes) do
  local oldest = redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', 1)[1]
  if not oldest then break end
  redis.call('XDEL', KEYS[2], oldest[1])
  count = redis.call('HINCRBY', KEYS[1], 'n', -1)
  bytes = redis.call('HINCRBY', KEYS[1], 'z', -#oldest[2][6])
end
return id
