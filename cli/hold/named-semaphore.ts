import { describeWaiters } from "./describe-waiters.js";
import type { Primitive } from "./primitive.js";

export function namedSemaphore(name: string, permits: number): Primitive {
  const semaphore = `semaphore:@${name}`;
  return {
    title: `the semaphore ${JSON.stringify(name)}`,
    async create(connection) {
      await connection.request("semaphore/create", { semaphore, value: permits });
    },
    acquire: (connection, timeoutMs, signal) =>
      connection.request("semaphore/acquire", { semaphore, timeoutMs }, { signal }),
    async release(connection) {
      await connection.request("semaphore/release", { semaphore });
    },
    async holders(connection) {
      const { holders, waiters } = await connection.request("semaphore/status", { semaphore });
      return describeWaiters(connection, holders, waiters);
    },
    async remark(connection) {
      const { value, holders } = await connection.request("semaphore/status", { semaphore });
      const actual = value + holders.length;
      return actual === permits
        ? null
        : `it has ${actual} permits, not ${permits}: the first client that used the name set the number`;
    },
  };
}
