import type { SyncInfo } from "../../../protocol/events.js";
import type { Handle } from "../../../protocol/schema.js";
import type { SyncDependencies } from "./dependencies.js";
import { LinkedList } from "../linked-list.js";
import { releasedByAll, type SharedObject } from "../registry.js";
import type { Session } from "../session.js";
import { Wait } from "../wait.js";

/** Python's Event. Named EventFlag, because `events` are the state changes that subscribers get. */
export class EventFlag implements SharedObject {
  readonly handle: Handle;
  readonly #engine: SyncDependencies;
  readonly #waiters = new LinkedList<Wait<{ set: boolean }>>();
  #set = false;

  constructor(engine: SyncDependencies, handle: Handle) {
    this.#engine = engine;
    this.handle = handle;
  }

  set(): null {
    this.#set = true;
    for (let wait = this.#waiters.shift(); wait; wait = this.#waiters.shift()) wait.resolve({ set: true });
    this.#engine.events.syncChanged(this, false);
    return null;
  }

  clear(): null {
    this.#set = false;
    this.#engine.events.syncChanged(this, false);
    return null;
  }

  wait(session: Session, timeoutMs: number | null | undefined): { set: boolean } | Wait<{ set: boolean }> {
    if (this.#set || timeoutMs === 0) return { set: this.#set };
    const wait = new Wait<{ set: boolean }>(session, {
      timeoutMs,
      onTimeout: () => ({ set: false }),
      onLeave: () => {
        this.#waiters.remove(link);
        this.#engine.events.syncChanged(this, false);
      },
    });
    const link = this.#waiters.push(wait);
    this.#engine.events.syncChanged(this, false);
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
      waiters: Array.from(this.#waiters, (wait) => wait.session.id),
      value: this.#set ? 1 : 0,
      limit: null,
    };
  }

  unreferenced(): void {
    for (let wait = this.#waiters.shift(); wait; wait = this.#waiters.shift()) wait.reject(releasedByAll(this.handle));
  }
}
