-- KEYS: head, events, dropped. ARGV: stream or '' for all, after, limit. Answer: position, stream, bytes of each; or 'gone'.
local stream, after, limit = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local head = redis.call('HMGET', KEYS[1], 'b', 'f', 'l')
if not head[1] then return after == 0 and {} or 'gone' end
-- Behind the end: a place in a log that was lost with the server's memory or clock.
if after ~= 0 and (after < tonumber(head[1]) or after > tonumber(head[3])) then return 'gone' end

local dropped = tonumber(head[2])
if stream == '' then
  dropped = math.max(dropped, tonumber(redis.call('ZREVRANGE', KEYS[3], 0, 0, 'WITHSCORES')[2] or 0))
else
  dropped = tonumber(redis.call('ZSCORE', KEYS[3], stream) or dropped)
end
if dropped > after then return 'gone' end

local answer, count, from = {}, 0, '(' .. ARGV[2] .. '-0'
while count < limit do
  local found = redis.call('XRANGE', KEYS[2], from, '+', 'COUNT', 256)
  for _, entry in ipairs(found) do
    local fields = entry[2]
    if count < limit and (stream == '' or fields[2] == stream) then
      count = count + 1
      answer[#answer + 1] = string.match(entry[1], '^%d+')
      answer[#answer + 1] = fields[2]
      answer[#answer + 1] = fields[4]
    end
  end
  if #found < 256 then return answer end
  from = '(' .. found[256][1]
end
return answer
