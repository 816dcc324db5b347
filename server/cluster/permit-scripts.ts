/*
 * Programs that Redis runs, for the permits of one lock or semaphore. Times are those of Redis' clock, in milliseconds.
 *
 * KEYS: 1 holders, a sorted set: id -> end of its lease. 2 line, a sorted set: id -> its number in the line.
 * 3 alive, a sorted set: id in the line -> until when its server is taken for alive. 4 a hash: `permits`, `fence`,
 * `seq`, `died`; `held:ID` -> fence, what the grant said of its predecessor, and the holder's name.
 */

const now = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', now)) do
  redis.call('ZREM', KEYS[2], id)
  redis.call('ZREM', KEYS[3], id)
end
`;

/**
 * ARGV: id, the holder's name, lease, permits, 1 if it waits. Answers [1, fence, ownerDied], or [0, milliseconds until
 * the first lease ends]. May be asked again: an answer may be lost.
 *
 * The fence is at least Redis' time, so it also rises if Redis has lost its last second.
 */
export const acquireScript = `${now}
local id = ARGV[1]
for _, lapsed in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now)) do
  redis.call('ZREM', KEYS[1], lapsed)
  redis.call('HDEL', KEYS[4], 'held:' .. lapsed)
  redis.call('HSET', KEYS[4], 'died', 1)
end
local held = redis.call('HGET', KEYS[4], 'held:' .. id)
if held then
  redis.call('ZADD', KEYS[1], now + ARGV[3], id)
  local fence, died = string.match(held, '^(%d+) (%d)')
  return {1, tonumber(fence), tonumber(died)}
end
local holding = redis.call('ZCARD', KEYS[1])
local waiting = redis.call('ZCARD', KEYS[2])
if holding == 0 and waiting == 0 then redis.call('HSET', KEYS[4], 'permits', ARGV[4]) end
local free = tonumber(redis.call('HGET', KEYS[4], 'permits')) - holding
local rank = redis.call('ZRANK', KEYS[2], id)
if not rank then
  if ARGV[5] == '0' and waiting >= free then return {0, 0} end
  redis.call('ZADD', KEYS[2], redis.call('HINCRBY', KEYS[4], 'seq', 1), id)
  rank = waiting
end
if rank < free then
  redis.call('ZREM', KEYS[2], id)
  redis.call('ZREM', KEYS[3], id)
  local fence = math.max((redis.call('HGET', KEYS[4], 'fence') or 0) + 1, now)
  local died = redis.call('HDEL', KEYS[4], 'died')
  redis.call('ZADD', KEYS[1], now + ARGV[3], id)
  redis.call('HSET', KEYS[4], 'fence', string.format('%.0f', fence))
  redis.call('HSET', KEYS[4], 'held:' .. id, string.format('%.0f', fence) .. ' ' .. died .. ' ' .. ARGV[2])
  return {1, fence, died}
end
redis.call('ZADD', KEYS[3], now + ARGV[3], id)
local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
return {0, first[2] and first[2] - now or tonumber(ARGV[3])}
`;

/** ARGV: lease, ids. Answers for each whether it still holds its permit. */
export const renewScript = `${now}
local answers = {}
for i = 2, #ARGV do
  local held = redis.call('ZSCORE', KEYS[1], ARGV[i])
  if held then redis.call('ZADD', KEYS[1], now + ARGV[1], ARGV[i]) end
  answers[i - 1] = held and 1 or 0
end
return answers
`;

/** ARGV: id, 1 if the holder died, the channel for those whose turn it is. Answers whether it held a permit. */
export const leaveScript = `${now}
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('ZREM', KEYS[3], ARGV[1])
local held = redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[4], 'held:' .. ARGV[1])
if held == 1 and ARGV[2] == '1' then redis.call('HSET', KEYS[4], 'died', 1) end
local free = (redis.call('HGET', KEYS[4], 'permits') or 0) - redis.call('ZCARD', KEYS[1])
if free > 0 then
  local next = redis.call('ZRANGE', KEYS[2], 0, free - 1)
  if #next > 0 then redis.call('PUBLISH', ARGV[3], table.concat(next, ' ')) end
end
return held
`;

/** ARGV: permits, if it is not in use. Answers [permits, number of waiters, names of holders …]. */
export const statusScript = `${now}
local answer = {tonumber(redis.call('HGET', KEYS[4], 'permits') or ARGV[1]), redis.call('ZCARD', KEYS[2])}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. now, '+inf')) do
  answer[#answer + 1] = string.match(redis.call('HGET', KEYS[4], 'held:' .. id), '^%d+ %d (.*)$')
end
return answer
`;
