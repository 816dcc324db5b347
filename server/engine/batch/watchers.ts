import { OncePerTurn, type Guard } from "../guard.js";
import type { Session } from "../session.js";
import { Wait } from "../wait.js";

/** Requests that wait for something to change. */
export class Watchers<T> {
  readonly #waiting = new Map<Wait<T>, () => T | null>();
  readonly #wake: OncePerTurn;

  constructor(guard: Guard) {
    this.#wake = new OncePerTurn(guard, null, () => this.#look());
  }

  /** `look`: the answer, or null to wait. `late`: the answer at the timeout. */
  watch(session: Session, timeoutMs: number | null | undefined, look: () => T | null, late: () => T): T | Wait<T> {
    const now = look();
    if (now !== null) return now;
    if (timeoutMs === 0) return late();
    const wait: Wait<T> = new Wait<T>(session, {
      timeoutMs,
      onTimeout: late,
      onLeave: () => this.#waiting.delete(wait),
    });
    this.#waiting.set(wait, look);
    return wait;
  }

  /** Something has changed. */
  wake(): void {
    if (this.#waiting.size > 0) this.#wake.schedule();
  }

  #look(): void {
    for (const [wait, look] of [...this.#waiting]) {
      const found = look();
      if (found === null || !this.#waiting.delete(wait)) continue;
      wait.resolve(found);
    }
  }
}
