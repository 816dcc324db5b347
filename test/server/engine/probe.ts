import type { ErrorName, PolyprocError } from "../../../protocol/errors.js";
import { PolyprocError as PolyprocErrorClass } from "../../../protocol/errors.js";
import { Wait, type Outcome } from "../../../server/engine/wait.js";

/** A request as its sender sees it: open, answered or failed. */
export class Probe<T> {
  /** Null if the answer was immediate. */
  readonly wait: Wait<T> | null = null;
  #outcome: Outcome<T> | null = null;

  constructor(request: () => T | Wait<T>) {
    try {
      const answer = request();
      if (answer instanceof Wait) {
        this.wait = answer;
        answer.onSettled((outcome) => {
          if (this.#outcome) throw new Error("a request was answered twice");
          this.#outcome = outcome;
        });
      } else this.#outcome = { ok: true, value: answer };
    } catch (error) {
      if (!(error instanceof PolyprocErrorClass)) throw error;
      this.#outcome = { ok: false, error };
    }
  }

  get open(): boolean {
    return this.#outcome === null;
  }

  get value(): T {
    if (!this.#outcome) throw new Error("the request is still open");
    if (!this.#outcome.ok) throw this.#outcome.error;
    return this.#outcome.value;
  }

  get error(): PolyprocError {
    if (!this.#outcome) throw new Error("the request is still open");
    if (this.#outcome.ok) throw new Error(`the request was answered with ${JSON.stringify(this.#outcome.value)}`);
    return this.#outcome.error;
  }

  /** Name of the error; null if the request was answered or is pending. */
  get failure(): ErrorName | null {
    return this.#outcome && !this.#outcome.ok ? this.#outcome.error.codeName : null;
  }

  cancel(): void {
    this.wait?.cancel(new PolyprocErrorClass("RequestCancelled", "cancelled by the test"));
  }
}

export function ask<T>(request: () => T | Wait<T>): Probe<T> {
  return new Probe(request);
}
