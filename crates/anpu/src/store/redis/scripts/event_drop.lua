-- What the scripts that drop events share. KEYS: head, events, dropped.
--
-- The head: b the place before the first event, l the last position, n events, z bytes, f the highest position dropped of
-- streams that are not in `dropped`, which has the highest position dropped of each of 256 streams.

local STREAMS = 256

local function field(entry, name)
  for i = 1, #entry[2], 2 do
    if entry[2][i] == name then return entry[2][i + 1] end
  end
end

local function position_of(entry)
  return string.match(entry[1], '^%d+')
end

-- Drops an event and notes that it is gone.
local function drop(entry)
  redis.call('XDEL', KEYS[2], entry[1])
  redis.call('HINCRBY', KEYS[1], 'n', -1)
  redis.call('HINCRBY', KEYS[1], 'z', -#field(entry, 'd'))
  redis.call('ZADD', KEYS[3], 'GT', position_of(entry), field(entry, 's'))
  if redis.call('ZCARD', KEYS[3]) > STREAMS then
    local oldest = redis.call('ZPOPMIN', KEYS[3])
    local forgotten = tonumber(redis.call('HGET', KEYS[1], 'f') or 0)
    redis.call('HSET', KEYS[1], 'f', text(math.max(forgotten, tonumber(oldest[2]))))
  end
end
