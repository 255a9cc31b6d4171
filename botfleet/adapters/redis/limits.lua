#!lua name=botfleet_limits
-- Brokers' limits of use, shared by every worker; each verb one atomic step on the server's clock.
--
-- KEYS[1] bf:{broker}:limit:NAME  hash: tokens, at (server ms they were counted), til (nobody calls)
-- KEYS[2] bf:{broker}:breaker     hash: failures in a row, til (open), wait (ms it was open for),
--                                 probe (one call is out to see, until then)
-- Both are forgotten when nobody has called for a while.

local FAILURES_MAX, OPEN_MS, OPEN_MS_MAX, PROBE_MS, KEEP_MS = 5, 2000, 60000, 15000, 600000

local function now()
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end

local function number(key, field) return tonumber(redis.call('HGET', key, field) or 0) or 0 end

-- free|limited|down, milliseconds to wait, failures in a row
local function turn(keys, args)
  local at, burst, rate, reserve = now(), tonumber(args[1]), tonumber(args[2]), tonumber(args[3])
  local failures = number(keys[2], 'failures')
  if failures >= FAILURES_MAX then
    local til = math.max(number(keys[2], 'til'), number(keys[2], 'probe'))
    if at < til then return {'down', til - at, failures} end
  end
  local blocked = number(keys[1], 'til')
  if at < blocked then return {'limited', blocked - at, failures} end
  if burst > 0 then
    local known = redis.call('HGET', keys[1], 'tokens')
    local tokens = known and tonumber(known) or burst
    tokens = math.min(burst, tokens + (at - number(keys[1], 'at')) * rate / 1000)
    if tokens - 1 < reserve then
      return {'limited', math.ceil((1 + reserve - tokens) / rate * 1000), failures}
    end
    redis.call('HSET', keys[1], 'tokens', tostring(tokens - 1), 'at', at)
    redis.call('PEXPIRE', keys[1], KEEP_MS)
  end
  if failures >= FAILURES_MAX then redis.call('HSET', keys[2], 'probe', at + PROBE_MS) end
  return {'free', 0, failures}
end

local function answered(keys)
  redis.call('DEL', keys[2])
  return 1
end

-- milliseconds nobody calls for it
local function failed(keys)
  local failures, wait = redis.call('HINCRBY', keys[2], 'failures', 1), 0
  if failures >= FAILURES_MAX then
    wait = math.min(OPEN_MS_MAX, math.max(OPEN_MS, number(keys[2], 'wait') * 2))
    if failures == FAILURES_MAX then wait = OPEN_MS end
    redis.call('HSET', keys[2], 'til', now() + wait, 'wait', wait, 'probe', 0)
  end
  redis.call('PEXPIRE', keys[2], KEEP_MS)
  return wait
end

local function exceeded(keys, args)
  redis.call('HSET', keys[1], 'tokens', 0, 'at', now(), 'til', now() + tonumber(args[1]))
  redis.call('PEXPIRE', keys[1], KEEP_MS + tonumber(args[1]))
  return 1
end

redis.register_function('bf_turn', turn)
redis.register_function('bf_answered', answered)
redis.register_function('bf_failed', failed)
redis.register_function('bf_exceeded', exceeded)
