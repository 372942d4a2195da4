-- A page of a list.
-- KEYS: the index in the order of the list. ARGV: limit, prefix of records, owner or '', lowest score of all or 'now',
-- cursor's score or '', cursor's id.
-- Answer: the time in milliseconds, 1 if the list goes on, then id, owner, revision, bytes, touched, expires, score of each.
local millis = math.floor(micros() / 1000)
local limit, records, owner = tonumber(ARGV[1]), ARGV[2], ARGV[3]
local from = ARGV[4] == 'now' and '(' .. text(millis) or ARGV[4]
local score, behind = ARGV[5], ARGV[6]
if score ~= '' and (ARGV[4] ~= 'now' or tonumber(score) > millis) then from = score end

-- Not `<`: that compares as the server's locale does, an index by bytes.
local function is_behind(id)
  for i = 1, math.min(#id, #behind) do
    local a, b = id:byte(i), behind:byte(i)
    if a ~= b then return a > b end
  end
  return #id > #behind
end

local answer, count, offset = { millis, 0 }, 0, 0
while true do
  local found = redis.call('ZRANGEBYSCORE', KEYS[1], from, '+inf', 'WITHSCORES', 'LIMIT', offset, 256)
  for i = 1, #found, 2 do
    local id = found[i]
    if tonumber(found[i + 1]) ~= tonumber(score) or is_behind(id) then
      local record = redis.call('HMGET', records .. id, 'r', 'o', 't', 'x')
      -- An index may be behind: the record may have expired, or be of another owner now.
      if record[1] and (owner == '' or record[2] == owner) then
        if count == limit then
          answer[2] = 1
          return answer
        end
        count = count + 1
        local bytes = redis.call('HGET', records .. id, 'd')
        local row = { id, record[2] or '', record[1], bytes, record[3], record[4], text(tonumber(found[i + 1])) }
        for _, field in ipairs(row) do answer[#answer + 1] = field end
      end
    end
  end
  if #found < 512 then return answer end
  offset = offset + 256
end
