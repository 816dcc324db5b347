import type { DeadlockInfo } from "../../../protocol/events.js";
import type { Clock } from "../clock.js";
import type { Guard } from "../guard.js";
import type { Registry, SharedObject } from "../registry.js";

/** What the primitives need of the engine. */
export interface SyncDependencies {
  readonly guard: Guard;
  readonly registry: Registry;
  readonly events: { syncChanged(object: SharedObject, gone: boolean): void };
  /** The order of waits and acquisitions. */
  readonly waitGraph: { stamp(): number };
}

export interface WaitGraphDependencies {
  readonly clock: Clock;
  readonly guard: Guard;
  readonly events: { publishDeadlock(deadlock: DeadlockInfo, resolved: boolean): void };
}
