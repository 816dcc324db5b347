import type { Connection } from "../../bindings/typescript/session/connection.js";

/** A lock or a permit that is taken, held while a command runs, and given back. */
export interface Primitive {
  /** For people: `the lock "deploy"`. */
  readonly title: string;
  /** Makes it known to the server. */
  create(connection: Connection): Promise<void>;
  /** `ownerDied`: the one who held it last died with it. */
  acquire(connection: Connection, timeoutMs: number | null, signal: AbortSignal): Promise<{ acquired: boolean; ownerDied: boolean }>;
  release(connection: Connection): Promise<void>;
  /** Who has it now, for people; asked while waiting. */
  holders(connection: Connection): Promise<string>;
  /** Something to be said before it is waited for; null: nothing. */
  remark(connection: Connection): Promise<string | null>;
}
