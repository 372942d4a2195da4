-- KEYS: record. ARGV: expected, bytes, time to live or ''.
local found = redis.call('HGET', KEYS[1], 'r')
if not meets(ARGV[1], found) then return { 'conflict', false } end
local revision = following(found, micros())
if ARGV[3] == '0' then
  redis.call('DEL', KEYS[1])
  return { 'done', revision }
end
redis.call('HSET', KEYS[1], 'r', revision, 'd', ARGV[2])
if ARGV[3] == '' then
  redis.call('PERSIST', KEYS[1])
else
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
end
return { 'done', revision }
