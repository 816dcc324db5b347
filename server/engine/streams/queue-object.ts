import type { SyncInfo } from "../../../protocol/events.js";
import type { Handle, Payload } from "../../../protocol/schema.js";
import type { Counter } from "../bypass/lending.js";
import type { Taken } from "./queue-waiters.js";
import type { SharedObject } from "../registry.js";
import type { Session } from "../session.js";
import type { Wait } from "../wait.js";

export interface QueueStatus {
  size: number;
  maxSize: number;
  unfinished: number;
  putters: number;
  getters: number;
  full: boolean;
  empty: boolean;
}

/** A queue of this server or of a cluster. */
export abstract class QueueObject implements SharedObject {
  abstract readonly handle: Handle;
  /** Address of the cluster, without its password. Null: it is of this server. */
  abstract readonly cluster: string | null;
  abstract put(session: Session, items: readonly Payload[], timeoutMs: number | null | undefined): null | Wait<null>;
  /** With a counter: settles the counter's loan, then lends the items by it. */
  abstract get(
    session: Session,
    max: number,
    timeoutMs: number | null | undefined,
    counter?: Counter | null,
  ): Taken | Wait<Taken>;
  /** Returns items that the session took and did not use. They go before all others, whether or not there is room. */
  abstract putBack(
    session: Session,
    items: readonly Payload[],
    origins?: readonly (string | null)[],
  ): null | Promise<null>;
  abstract close(session: Session): null;
  abstract taskDone(n: number): null;
  abstract join(session: Session, timeoutMs: number | null | undefined): null | Wait<null>;
  abstract status(): QueueStatus | Promise<QueueStatus>;
  abstract unreferenced(): void;
  abstract describe(): SyncInfo;
}
