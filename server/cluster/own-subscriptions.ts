import type { Redis, RedisOptions } from "ioredis";

/**
 * The connection, and all that are made of it by `duplicate`. After an outage ioredis subscribes again by itself, and
 * does not wait for the answer. If the connection ends before that, nobody handles the rejection, which would end the
 * process. Here it is handled; whoever subscribes still gets it.
 */
export function handleOwnSubscriptions(redis: Redis): Redis {
  const subscribe = redis.subscribe.bind(redis) as (...words: unknown[]) => Promise<unknown>;
  const handled = (...words: unknown[]) => {
    const answer = subscribe(...words);
    answer.catch(() => {});
    return answer;
  };
  const duplicate = redis.duplicate.bind(redis);
  return Object.assign(redis, {
    subscribe: handled,
    duplicate: (change?: Partial<RedisOptions>) => handleOwnSubscriptions(duplicate(change)),
  });
}
