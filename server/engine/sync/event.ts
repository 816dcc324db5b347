import type { SyncInfo } from "../../../protocol/events.js";
import type { Handle } from "../../../protocol/schema.js";
import type { SyncDependencies } from "./dependencies.js";
import { releasedByAll, type SharedObject } from "../registry.js";
import type { Session } from "../session.js";
import type { Wait } from "../wait.js";
import { WaitLine } from "../wait-line.js";

/** Python's Event. Named EventFlag, because `events` are the state changes that subscribers get. */
export class EventFlag implements SharedObject {
  readonly handle: Handle;
  readonly #engine: SyncDependencies;
  readonly #waiters = new WaitLine<{ set: boolean }>(() => this.#changed(), { object: this, reason: "notSet" });
  #set = false;

  constructor(engine: SyncDependencies, handle: Handle) {
    this.#engine = engine;
    this.handle = handle;
  }

  set(): null {
    this.#set = true;
    this.#waiters.resolveAll(() => ({ set: true }));
    this.#changed();
    return null;
  }

  clear(): null {
    this.#set = false;
    this.#changed();
    return null;
  }

  wait(session: Session, timeoutMs: number | null | undefined): { set: boolean } | Wait<{ set: boolean }> {
    if (this.#set || timeoutMs === 0) return { set: this.#set };
    const { wait } = this.#waiters.add(session, null, { timeoutMs, onTimeout: () => ({ set: false }) });
    this.#changed();
    return wait;
  }

  status(): { set: boolean; waiters: number } {
    return { set: this.#set, waiters: this.#waiters.length };
  }

  describe(): SyncInfo {
    return {
      handle: this.handle,
      kind: "event",
      holders: [],
      waiters: this.#waiters.sessionIds,
      value: this.#set ? 1 : 0,
      limit: null,
    };
  }

  unreferenced(): void {
    this.#waiters.rejectAll(releasedByAll(this.handle));
  }

  #changed(): void {
    this.#engine.events.syncChanged(this, false);
  }
}
