import type { RequestName } from "./methods.js";

/** Requests that change nothing which other processes see before the answer. */
const onlyWait: ReadonlySet<RequestName> = new Set<RequestName>([
  "process/join",
  "lock/acquire",
  "semaphore/acquire",
  "event/wait",
  "condition/wait",
  "barrier/wait",
  "queue/get",
  "queue/join",
  "pipe/recv",
  "pipe/poll",
  "pipe/follow",
  "pipe/wait",
  "process/read",
  "job/wait",
  "run/wait",
]);

/** Counts the requests of a connection that may change something and have no answer yet. */
export class Unanswered {
  #count = 0;

  /** Whether the server has handled all that it was sent. */
  get none(): boolean {
    return this.#count === 0;
  }

  sent(method: RequestName): void {
    if (!onlyWait.has(method)) this.#count++;
  }

  answered(method: RequestName): void {
    if (!onlyWait.has(method)) this.#count--;
  }
}
