import type { DeadlockInfo } from "../../../protocol/events.js";
import type { Clock } from "../clock.js";
import type { Guard } from "../guard.js";
import type { Registry, SharedObject } from "../registry.js";
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
  readonly livePools: Iterable<{ readonly session: Session }>;
  readonly guard: Guard;
  readonly events: { publishDeadlock(deadlock: DeadlockInfo, resolved: boolean): void };
}
