import type { Connection } from "../../bindings/typescript/session/connection.js";

/** A lock or semaphore that is held while a command runs. */
export interface Primitive {
  /** For messages: `the lock "deploy"`. */
  readonly title: string;
  /** Creates it on the server, or finds the one of that name. */
  create(connection: Connection): Promise<void>;
  /** `ownerDied`: the previous holder died while holding it. */
  acquire(
    connection: Connection,
    timeoutMs: number | null,
    signal: AbortSignal,
  ): Promise<{ acquired: boolean; ownerDied: boolean }>;
  release(connection: Connection): Promise<void>;
  /** Describes the current holders, while this client waits. */
  holders(connection: Connection): Promise<string>;
  /** A remark to show before waiting; null for none. */
  remark(connection: Connection): Promise<string | null>;
}
