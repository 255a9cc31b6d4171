#!lua name=botfleet_pool
-- The capital pool of one bot, each verb one atomic step. Twin of botfleet/domain/capital/pool.py.
--
-- KEYS[1] bf:{bot}:pool    hash: epoch allocation committed pending open_max day_max day day_n seq
--                          (cents, counts; day is yyyymmdd)
-- KEYS[2] bf:{bot}:holds   hash: draw id -> units|amount|seq|fence|unit_cost|day|posted   ('' pending)
-- KEYS[3] bf:{bot}:leases  zset: draw id -> when a pending hold lapses, server milliseconds
--
-- Numbers travel as decimal strings below 2^53; anything else is refused as an error. What is kept
-- and makes no sense (somebody else wrote there) is no pool: reserve finds it cold, load replaces it.

local function int(text)
  local number = tonumber(text)
  if not number or not string.match(text, '^%d+$') or number >= 9007199254740992 then
    error('not a whole number: ' .. tostring(text))
  end
  return number
end

-- Adding 0 makes the -0 that Lua has for nothing taken away the 0 that Redis reads.
local function s(number) return string.format('%.0f', number + 0) end

local function parse(hold)
  local t = {}
  for field in string.gmatch(hold .. '|', '([^|]*)|') do t[#t + 1] = field end
  return {units = t[1], amount = int(t[2]), seq = t[3], fence = int(t[4]), cost = t[5],
          day = t[6], posted = t[7] ~= '' and int(t[7]) or nil, text = hold}
end

local function get(keys, draw)
  local hold = redis.call('HGET', keys[2], draw)
  return hold and parse(hold)
end

local function forget(keys, draw)
  redis.call('HDEL', keys[2], draw)
  redis.call('ZREM', keys[3], draw)
end

local function deadline(lease_ms)
  local time = redis.call('TIME')
  return s(time[1] * 1000 + math.floor(time[2] / 1000) + int(lease_ms))
end

-- Read all there is of a pool, as the verbs below do; an error where that cannot be done. An epoch
-- that leaves no room for later ones was not given by any ledger.
local function read(keys)
  local kept = redis.call('HMGET', keys[1], 'epoch', 'allocation', 'committed', 'pending',
    'open_max', 'day_max', 'day', 'day_n', 'seq')
  redis.call('ZCARD', keys[3])
  local holds = redis.call('HVALS', keys[2])
  if not kept[1] then return end
  for _, number in ipairs(kept) do int(number) end
  assert(#kept == 9 and int(kept[1]) < 4503599627370496)
  for _, hold in ipairs(holds) do parse(hold) end
end

local function is_sound(keys) return (pcall(read, keys)) end

local function void(keys, draw, hold)
  forget(keys, draw)
  redis.call('HINCRBY', keys[1], 'pending', s(-hold.amount))
  if redis.call('HGET', keys[1], 'day') == hold.day then
    redis.call('HINCRBY', keys[1], 'day_n', -1)
  end
end

-- draw, epoch, fence, measure, value, unit_cost, units_min, units_max, day, lease_ms
--   -> {'ok', units, amount, epoch, seq} | {why, free}
local function reserve(keys, a)
  local pool = redis.call('HMGET', keys[1], 'epoch', 'allocation', 'committed', 'pending',
    'open_max', 'day_max', 'day', 'day_n')
  if not pool[1] then return {'cold', '0'} end
  local held = get(keys, a[1])
  if held then
    if held.cost == a[6] or held.posted then
      return {'ok', held.units, s(held.amount), pool[1], held.seq}
    end
    if int(a[3]) <= held.fence then return {'fenced', '0'} end
    void(keys, a[1], held)
    return reserve(keys, a)
  end
  if int(a[9]) > int(pool[7]) then
    redis.call('HSET', keys[1], 'day', a[9], 'day_n', '0')
    pool[7], pool[8] = a[9], '0'
  end
  local free = tonumber(pool[2]) - tonumber(pool[3]) - tonumber(pool[4])
  if free < 0 then free = 0 end
  if a[2] ~= pool[1] then return {'stale', s(free)} end
  if int(a[9]) < int(pool[7]) then return {'past_day', s(free)} end
  if redis.call('HLEN', keys[2]) >= int(pool[5]) then return {'open_positions', s(free)} end
  if tonumber(pool[8]) >= int(pool[6]) then return {'daily_positions', s(free)} end
  local want, cost = int(a[5]), int(a[6])
  if a[4] == 'allocation_bps' then want = math.floor(tonumber(pool[2]) * want / 10000)
  elseif a[4] == 'available_bps' then want = math.floor(free * want / 10000)
  elseif a[4] ~= 'cents' then error('unknown measure: ' .. a[4]) end
  local units = int(a[8])
  if cost > 0 then units = math.min(units, math.floor(math.min(want, free) / cost)) end
  if units < math.max(1, int(a[7])) then return {'no_capital', s(free)} end
  local amount = units * cost
  local seq = redis.call('HINCRBY', keys[1], 'seq', 1)
  redis.call('HINCRBY', keys[1], 'pending', s(amount))
  redis.call('HINCRBY', keys[1], 'day_n', 1)
  redis.call('HSET', keys[2], a[1],
    table.concat({s(units), s(amount), s(seq), a[3], a[6], a[9], ''}, '|'))
  redis.call('ZADD', keys[3], deadline(a[10]), a[1])
  return {'ok', s(units), s(amount), pool[1], s(seq)}
end

-- draw, 'void' | 'release' | cost    -> 1 changed, 0 nothing to change
local function settle(keys, a)
  local hold = get(keys, a[1])
  if not hold then return 0 end
  if a[2] == 'release' then
    if not hold.posted then return 0 end
    forget(keys, a[1])
    redis.call('HINCRBY', keys[1], 'committed', s(-hold.posted))
    return 1
  end
  if hold.posted then return 0 end
  if a[2] == 'void' then void(keys, a[1], hold) return 1 end
  local cost = math.min(int(a[2]), hold.amount)
  redis.call('HINCRBY', keys[1], 'pending', s(-hold.amount))
  redis.call('HINCRBY', keys[1], 'committed', s(cost))
  redis.call('HSET', keys[2], a[1], hold.text .. s(cost))
  redis.call('ZREM', keys[3], a[1])
  return 1
end

-- The epoch of a pool that makes sense; 0 of one that is not there or makes none.
local function epoch_of(keys)
  if not is_sound(keys) then return 0 end
  return int(redis.call('HGET', keys[1], 'epoch') or '0')
end

-- epoch, allocation, open_max, day_max, day, day_n, seq, lease_ms, then (draw, hold)*
--   -> 1 loaded, 0 older. Pending holds get a lease here too: how they end may never be told.
local function load(keys, a)
  if epoch_of(keys) >= int(a[1]) then return 0 end
  redis.call('DEL', keys[1], keys[2], keys[3])
  local committed, pending, lapses = 0, 0, deadline(a[8])
  for i = 9, #a, 2 do
    local hold = parse(a[i + 1])
    if hold.posted then committed = committed + hold.posted
    else
      pending = pending + hold.amount
      redis.call('ZADD', keys[3], lapses, a[i])
    end
    redis.call('HSET', keys[2], a[i], a[i + 1])
  end
  redis.call('HSET', keys[1], 'epoch', a[1], 'allocation', a[2], 'committed', s(committed),
    'pending', s(pending), 'open_max', a[3], 'day_max', a[4], 'day', a[5], 'day_n', a[6],
    'seq', a[7])
  return 1
end

-- Answer `verb`; where it fails over a pool that makes no sense, `otherwise`.
local function guarded(verb, otherwise)
  return function(keys, a)
    local done, answer = pcall(verb, keys, a)
    if done then return answer end
    if is_sound(keys) then error(answer, 0) end
    return otherwise
  end
end

--   -> {now_ms, {field, value, ...}, {draw, hold, ...}, {draw, lapses_ms, ...}} of one instant
local function kept(keys)
  return {deadline('0'), redis.call('HGETALL', keys[1]), redis.call('HGETALL', keys[2]),
          redis.call('ZRANGE', keys[3], 0, -1, 'WITHSCORES')}
end

redis.register_function('bf_reserve', guarded(reserve, {'cold', '0'}))
redis.register_function('bf_settle', guarded(settle, 0))
redis.register_function('bf_load', load)
redis.register_function{function_name = 'bf_kept', callback = guarded(kept, {}),
                        flags = {'no-writes'}}
redis.register_function('bf_nothing', function() return {'ok', '0'} end)
