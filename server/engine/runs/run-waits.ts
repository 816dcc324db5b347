import type { RunWait, RunWaitTotal } from "../../../protocol/run.js";
import type { Account } from "../budget.js";
import type { Wait } from "../wait.js";

/** Shorter waits are counted, but not listed. */
const shortestMs = 1;
/** Most waits that are listed; those after them are only counted. */
const mostWaits = 2000;
/** Most objects that are counted. */
const mostObjects = 200;
/** Rough memory of one wait. */
const waitBytes = 200;

/** What the workers of a run waited for: the sum for each object, and the first long waits. */
export class RunWaits {
  readonly #waits: RunWait[] = [];
  readonly #totals = new Map<string, RunWaitTotal>();
  readonly #account: Account;
  #dropped = 0;

  constructor(account: Account) {
    this.#account = account;
  }

  get bytes(): number {
    return this.#waits.length * waitBytes;
  }

  /** A worker's wait has ended, which took `ms` until `now` (milliseconds since 1970). */
  add({ session, about }: Wait<unknown>, ms: number, now: number): void {
    if (!about) return;
    const { reason, object } = about;
    const key = `${reason} ${object.handle}`;
    const total = this.#totals.get(key);
    if (total) {
      total.ms += ms;
      total.count++;
    } else if (this.#totals.size < mostObjects) {
      this.#totals.set(key, { object: object.handle, reason, ms, count: 1 });
    }
    if (ms < shortestMs) return;
    if (this.#waits.length >= mostWaits) {
      this.#dropped++;
      return;
    }
    this.#account.charge(waitBytes);
    this.#waits.push({ pid: session.process?.pid ?? 0, object: object.handle, reason, startedAt: now - ms, ms });
  }

  describe(): { waits: RunWait[]; dropped: number; totals: RunWaitTotal[] } {
    const totals = [...this.#totals.values()].toSorted((a, b) => b.ms - a.ms);
    return { waits: this.#waits, dropped: this.#dropped, totals };
  }

  clear(): void {
    this.#account.release(this.bytes);
    this.#waits.length = 0;
    this.#totals.clear();
  }
}
