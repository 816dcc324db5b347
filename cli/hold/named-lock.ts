import { describeWaiters } from "./describe-waiters.js";
import type { Primitive } from "./primitive.js";

export function namedLock(name: string): Primitive {
  const lock = `lock:@${name}`;
  return {
    title: `the lock ${JSON.stringify(name)}`,
    async create(connection) {
      await connection.request("lock/create", { lock });
    },
    acquire: (connection, timeoutMs, signal) => connection.request("lock/acquire", { lock, timeoutMs }, { signal }),
    async release(connection) {
      await connection.request("lock/release", { lock });
    },
    async holders(connection) {
      const { holder, waiters } = await connection.request("lock/status", { lock });
      return describeWaiters(connection, holder === null ? [] : [holder], waiters);
    },
    remark: () => Promise.resolve(null),
  };
}
