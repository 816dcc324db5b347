import { PolyprocError } from "../../../protocol/errors.js";
import type { Handle } from "../../../protocol/schema.js";
import { LinkedList } from "../linked-list.js";
import { itemsUnfinished } from "./queue-errors.js";
import type { Session } from "../session.js";
import { Wait } from "../wait.js";

/** Counts a queue's items that were put and not reported by `taskDone`. `join` waits until there are none. */
export class UnfinishedItems {
  readonly #queue: Handle;
  readonly #joinable: boolean;
  readonly #joiners = new LinkedList<Wait<null>>();
  #count = 0;

  constructor(queue: Handle, joinable: boolean) {
    this.#queue = queue;
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
        `taskDone was called for ${n} items of ${this.#queue}, but ${this.#count} are unfinished: call it once for each item taken`,
      );
    }
    this.#count -= n;
    if (this.#count === 0)
      for (let wait = this.#joiners.shift(); wait; wait = this.#joiners.shift()) wait.resolve(null);
    return null;
  }

  join(session: Session, timeoutMs: number | null | undefined): null | Wait<null> {
    this.#requireJoinable("join");
    if (this.#count === 0) return null;
    if (timeoutMs === 0) throw itemsUnfinished(this.#queue, this.#count);
    const wait = new Wait<null>(session, {
      timeoutMs,
      onTimeout: () => {
        throw itemsUnfinished(this.#queue, this.#count);
      },
      onLeave: () => {
        this.#joiners.remove(link);
      },
    });
    const link = this.#joiners.push(wait);
    return wait;
  }

  /** The queue is gone: all joiners fail. */
  end(error: PolyprocError): void {
    for (let wait = this.#joiners.shift(); wait; wait = this.#joiners.shift()) wait.reject(error);
  }

  #requireJoinable(action: string): void {
    if (!this.#joinable)
      throw new PolyprocError(
        "BadState",
        `${this.#queue} is not joinable, so it has no ${action}: create it with joinable: true`,
      );
  }
}
