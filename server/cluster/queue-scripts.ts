/*
 * Programs that Redis runs, for one queue. Times are those of Redis' clock, in milliseconds. A connection that is lost
 * sends its last message again, so a message has a number, and one that was done before only answers again. A Redis
 * without memory refuses a program whose first write needs some; `ZREM` needs none. So taking works then, too.
 *
 * KEYS: 1 items, a list. 2 a hash: `size` and `bytes` of the items, those in hand included; `max`, `seq`. 3 writes, a
 * hash: user -> number of its last write, and how many items it stored. 4 hands, a hash: user -> what it took and
 * has not kept, packed: [number, order, items]; or `d` and the number of what it has kept. 5 leases, a sorted set:
 * user -> until when it may keep what is in its hand. 6 getters, 7 putters, sorted sets: user that waits -> until
 * when it is taken for alive.
 *
 * ARGV: 1 the user, a server's id and a number, 2 number, 3 lease, 4 prefix of the channels on which servers are woken.
 */

const prelude = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local me, number, lease = ARGV[1], ARGV[2], tonumber(ARGV[3])
local function front(items, first)
  for i = #items, first, -1 do redis.call('LPUSH', KEYS[1], items[i]) end
end
local function wake(key)
  redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
  local next = redis.call('ZRANGE', key, 0, 0)[1]
  if not next then return end
  redis.call('ZADD', key, now + lease, next)
  redis.call('PUBLISH', ARGV[4] .. string.match(next, '^%x+'), next)
end
local function wakeGetter()
  if redis.call('LLEN', KEYS[1]) > 0 then wake(KEYS[6]) end
end
local function size() return tonumber(redis.call('HGET', KEYS[2], 'size') or 0) end
local function add(count, bytes)
  redis.call('HINCRBY', KEYS[2], 'size', count)
  redis.call('HINCRBY', KEYS[2], 'bytes', bytes)
end
local lapsed = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[5], '-inf', now)) do
  redis.call('ZREM', KEYS[5], id)
  local hand = redis.call('HGET', KEYS[4], id)
  if hand and string.sub(hand, 1, 1) ~= 'd' then
    redis.call('HDEL', KEYS[4], id)
    lapsed[#lapsed + 1] = cmsgpack.unpack(hand)
  end
end
table.sort(lapsed, function(a, b) return a[2] > b[2] end)
for _, hand in ipairs(lapsed) do front(hand[3], 1) end
`;

/** Users that wrote within this time, in milliseconds, are known; see `writes`. */
const knownMs = 86_400_000;

/**
 * ARGV: 5 1 if the items go before all others, whether or not there is room; 6 maxSize, 7 most bytes, 8 … items.
 * Answers how many were stored, and the size.
 */
export const storeScript = `${prelude}
local before = redis.call('HGET', KEYS[3], me)
if before then
  local last, stored = string.match(before, '^(%d+) (%d+)$')
  if last == number then return {tonumber(stored), size()} end
end
local stored = 0
if ARGV[5] == '1' then
  redis.call('ZREM', KEYS[5], '')
  for i = #ARGV, 8, -1 do
    redis.call('LPUSH', KEYS[1], ARGV[i])
    add(1, #ARGV[i])
    stored = stored + 1
  end
else
  local held = size()
  local bytes = tonumber(redis.call('HGET', KEYS[2], 'bytes') or 0)
  if held == 0 then redis.call('HSET', KEYS[2], 'max', ARGV[6]) end
  local max = tonumber(redis.call('HGET', KEYS[2], 'max'))
  for i = 8, #ARGV do
    if max > 0 and held >= max or held > 0 and bytes + #ARGV[i] > tonumber(ARGV[7]) then break end
    redis.call('RPUSH', KEYS[1], ARGV[i])
    held, bytes, stored = held + 1, bytes + #ARGV[i], stored + 1
  end
  redis.call('HSET', KEYS[2], 'size', held, 'bytes', bytes)
  if stored < #ARGV - 7 then redis.call('ZADD', KEYS[7], now + lease, me) else redis.call('ZREM', KEYS[7], me) end
end
redis.call('HSET', KEYS[3], me, number .. ' ' .. stored)
redis.call('PEXPIRE', KEYS[3], ${knownMs})
wakeGetter()
return {stored, size()}
`;

/** ARGV: 5 most items, 6 most bytes, 7 1 if it waits. Answers the size, then the items. */
export const takeScript = `${prelude}
redis.call('ZREM', KEYS[5], me)
local hand = redis.call('HGET', KEYS[4], me)
local items = {}
if hand and string.sub(hand, 1, 1) ~= 'd' then
  local held = cmsgpack.unpack(hand)
  if held[1] == number then items = held[3] else front(held[3], 1) end
end
local bytes = 0
local function takes()
  if #items >= tonumber(ARGV[5]) then return false end
  local item = redis.call('LINDEX', KEYS[1], 0)
  if not item or #items > 0 and bytes + #item > tonumber(ARGV[6]) then return false end
  items[#items + 1] = redis.call('LPOP', KEYS[1])
  bytes = bytes + #item
  return true
end
if #items == 0 then while takes() do end end
if #items > 0 then
  local order = redis.call('HINCRBY', KEYS[2], 'seq', 1)
  redis.call('HSET', KEYS[4], me, cmsgpack.pack({number, order, items}))
  redis.call('PEXPIRE', KEYS[4], ${knownMs})
  redis.call('ZADD', KEYS[5], now + lease, me)
  redis.call('ZREM', KEYS[6], me)
elseif ARGV[7] == '1' then
  redis.call('ZADD', KEYS[6], now + lease, me)
else
  redis.call('ZREM', KEYS[6], me)
end
wakeGetter()
local answer = {size()}
for i = 1, #items do answer[i + 1] = items[i] end
return answer
`;

/** ARGV: 5 how many of the items it keeps. Answers 1, or 0 if its lease had ended, and the size. */
export const settleScript = `${prelude}
local hand = redis.call('HGET', KEYS[4], me)
if not hand then return {0, size()} end
if string.sub(hand, 1, 1) == 'd' then return {hand == 'd' .. number and 1 or 0, size()} end
local held = cmsgpack.unpack(hand)
if held[1] ~= number then return {0, size()} end
redis.call('ZREM', KEYS[5], me)
local kept = tonumber(ARGV[5])
front(held[3], kept + 1)
local bytes = 0
for i = 1, kept do bytes = bytes + #held[3][i] end
add(0 - kept, 0 - bytes)
redis.call('HSET', KEYS[4], me, 'd' .. number)
wake(KEYS[7])
wakeGetter()
return {1, size()}
`;

/** Answers the size, maxSize if it is known, and how many servers wait to put and to get. */
export const queueStatusScript = `${prelude}
wakeGetter()
return {size(), tonumber(redis.call('HGET', KEYS[2], 'max') or -1),
  redis.call('ZCOUNT', KEYS[7], now, '+inf'), redis.call('ZCOUNT', KEYS[6], now, '+inf')}
`;

/** The server uses the queue no more. */
export const forgetScript = `${prelude}
for i = 5, 7 do redis.call('ZREM', KEYS[i], me) end
local hand = redis.call('HGET', KEYS[4], me)
if hand and string.sub(hand, 1, 1) ~= 'd' then front(cmsgpack.unpack(hand)[3], 1) end
for i = 3, 4 do redis.call('HDEL', KEYS[i], me) end
wakeGetter()
return {}
`;
