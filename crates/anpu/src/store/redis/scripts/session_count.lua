-- KEYS: index.
return redis.call('ZCOUNT', KEYS[1], '(' .. text(math.floor(micros() / 1000)), '+inf')
