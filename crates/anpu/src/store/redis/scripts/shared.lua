-- What all scripts share. Time is the server's, in whole microseconds: below 2^53 until the year 2255, so a double holds it.

local function micros()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000000 + tonumber(time[2])
end

-- A whole number as text; `tostring` would round it.
local function text(number)
  return string.format('%.0f', number)
end

-- Whether what was found (false: nothing) is what is expected: '*' anything, '-' nothing, or a revision.
local function meets(expected, found)
  if expected == '*' then return true end
  if expected == '-' then return not found end
  return expected == found
end

-- The revision that follows what was found: the time, which is never reused, or one more if the clock was set back.
local function following(found, now)
  return text(math.max(now, found and tonumber(found) + 1 or 0))
end

-- Lets the index live at least until then. Without NX, GT would take an index without a time for one that lives for ever.
local function keep(index, expires)
  redis.call('PEXPIREAT', index, expires, 'NX')
  redis.call('PEXPIREAT', index, expires, 'GT')
end

-- Takes some of what has expired out of an index of expiry, and out of the index of order beside it if it is another.
local function sweep(expiry, order, millis)
  local due = redis.call('ZRANGEBYSCORE', expiry, '-inf', text(millis), 'LIMIT', 0, 32)
  if #due == 0 then return end
  redis.call('ZREM', expiry, unpack(due))
  if order ~= expiry then redis.call('ZREM', order, unpack(due)) end
end
