import { PolyprocError } from "../../../protocol/errors.js";
import type { Handle } from "../../../protocol/schema.js";
import { itemsUnfinished } from "./queue-errors.js";
import type { Session } from "../session.js";
import type { Wait } from "../wait.js";
import { WaitLine } from "../wait-line.js";

/** Counts a queue's items that were put and not reported by `taskDone`. `join` waits until there are none. */
export class UnfinishedItems {
  readonly #queue: Handle;
  readonly #joiners: WaitLine<null>;
  readonly #joinable: boolean;
  #count = 0;

  constructor(queue: { readonly handle: Handle }, joinable: boolean) {
    this.#queue = queue.handle;
    this.#joiners = new WaitLine<null>(undefined, { object: queue, reason: "unfinished" });
    this.#joinable = joinable;
  }

  get count(): number {
    return this.#count;
  }

  added(): void {
    this.#count++;
  }

  done(n: number): null {
    this.#requireJoinable("taskDone");
    if (n > this.#count) {
      throw new PolyprocError(
        "BadState",
        `taskDone was called for ${n} items of ${this.#queue}, but ${this.#count} are unfinished: ` +
          "call it once for each item taken",
      );
    }
    this.#count -= n;
    if (this.#count === 0) this.#joiners.resolveAll(() => null);
    return null;
  }

  join(session: Session, timeoutMs: number | null | undefined): null | Wait<null> {
    this.#requireJoinable("join");
    if (this.#count === 0) return null;
    if (timeoutMs === 0) throw itemsUnfinished(this.#queue, this.#count);
    return this.#joiners.add(session, null, {
      timeoutMs,
      onTimeout: () => {
        throw itemsUnfinished(this.#queue, this.#count);
      },
    }).wait;
  }

  /** The queue is gone: all joiners fail. */
  end(error: PolyprocError): void {
    this.#joiners.rejectAll(error);
  }

  #requireJoinable(action: string): void {
    if (!this.#joinable)
      throw new PolyprocError(
        "BadState",
        `${this.#queue} is not joinable, so it has no ${action}: create it with joinable: true`,
      );
  }
}
