import type { Progress } from "../../../protocol/progress.js";
import type { CurrentTask } from "./link.js";

export type GivenProgress = Parameters<CurrentTask["report"]>[0];

/** As many reports may be sent at once. Then one each `everyMs`. */
const burst = 10;
const everyMs = 100;
const maxTextLength = 200;

/** Sends the reports of one task's running item, at most some ten a second, the last one always. */
export class ProgressReports {
  readonly #send: (progress: Progress, item: number) => void;
  #told: Progress = { fraction: null, text: "" };
  #item = -1;
  #room = burst;
  #refilledAt = performance.now();
  #timer: NodeJS.Timeout | undefined;

  constructor(send: (progress: Progress, item: number) => void) {
    this.#send = send;
  }

  /** `item`: which item of the task runs. */
  report(given: GivenProgress, item: number): void {
    this.#told = { ...this.#told, ...checked(given) };
    this.#item = item;
    this.#refill();
    if (this.#room > 0) this.#sendNow();
    else this.#timer ??= setTimeout(() => this.#sendNow(), everyMs).unref();
  }

  /** The item has ended: nothing of it is sent any more. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#told = { fraction: null, text: "" };
  }

  #sendNow(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#refill();
    this.#room = Math.max(0, this.#room - 1);
    this.#send(this.#told, this.#item);
  }

  #refill(): void {
    const now = performance.now();
    const more = Math.floor((now - this.#refilledAt) / everyMs);
    if (more === 0) return;
    this.#room = Math.min(burst, this.#room + more);
    this.#refilledAt = this.#room === burst ? now : this.#refilledAt + more * everyMs;
  }
}

/** What is given of a report, checked. */
function checked(given: GivenProgress): Partial<Progress> {
  if (typeof given !== "object" || given === null)
    throw new TypeError(`report: give an object such as { fraction: 0.5, text: "compressing" }; got ${shown(given)}`);
  const { fraction, text } = given;
  const progress: Partial<Progress> = {};
  if (fraction !== undefined) {
    if (fraction !== null && typeof fraction !== "number")
      throw new TypeError(`report: fraction must be a number from 0 to 1, or null; got ${shown(fraction)}`);
    if (fraction !== null && !(fraction >= 0 && fraction <= 1))
      throw new RangeError(
        `report: fraction must be from 0 to 1; got ${fraction}. Divide the part that is done by the whole`,
      );
    progress.fraction = fraction;
  }
  if (text !== undefined) {
    if (text !== null && typeof text !== "string")
      throw new TypeError(`report: text must be a string or null; got ${shown(text)}`);
    progress.text = (text ?? "").slice(0, maxTextLength);
  }
  return progress;
}

function shown(value: unknown): string {
  return value === null ? "null" : typeof value === "string" ? JSON.stringify(value.slice(0, 40)) : typeof value;
}
