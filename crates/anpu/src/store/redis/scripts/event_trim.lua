-- ARGV: stream, up to.
local expires = redis.call('PEXPIRETIME', KEYS[1])
if expires < 0 then return 0 end
local from = '-'
while true do
  local found = redis.call('XRANGE', KEYS[2], from, ARGV[2], 'COUNT', 256)
  for _, entry in ipairs(found) do
    if field(entry, 's') == ARGV[1] then drop(entry) end
  end
  if #found < 256 then break end
  from = '(' .. found[256][1]
end
redis.call('PEXPIREAT', KEYS[3], expires)
return 1
