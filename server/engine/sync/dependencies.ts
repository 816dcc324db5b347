import type { DeadlockInfo } from "../../../protocol/events.js";
import type { Clock } from "../clock.js";
import type { Guard } from "../guard.js";
import type { Registry, SharedObject } from "../registry.js";
import type { Handle } from "../../../protocol/schema.js";
import type { Wait } from "../wait.js";
import type { Session } from "../session.js";

/** The parts of the engine that the primitives use. */
export interface SyncDependencies {
  readonly clock: Clock;
  readonly guard: Guard;
  readonly registry: Registry;
  readonly events: { syncChanged(object: SharedObject, gone: boolean): void };
  /** Numbers waits and acquisitions in one order. */
  readonly waitGraph: { stamp(): number };
}

export interface WaitGraphDependencies {
  readonly clock: Clock;
  readonly registry: Registry;
  /** A worker of this pool has waited. */
  readonly runs: { waitEnded(pool: Handle, wait: Wait<unknown>): void };
  readonly livePools: Iterable<{ readonly session: Session }>;
  readonly guard: Guard;
  readonly events: { publishDeadlock(deadlock: DeadlockInfo, resolved: boolean): void };
}
