type Result = IteratorResult<unknown>;

/** The inputs of `imap`: reads them one at a time, and calls the iterator's `return` once. */
export class ImapInputs {
  readonly #inputs: Iterator<unknown> | AsyncIterator<unknown>;
  /** The iterator has ended or thrown. */
  #over = false;
  /** The iterator's `next` is on the stack. It may itself call `leave`. */
  #runs = false;
  /** The iterator returned a promise of the next input, which is pending. */
  #waits = false;
  #left: Promise<void> | null = null;

  constructor(inputs: Iterable<unknown> | AsyncIterable<unknown>) {
    this.#inputs = Symbol.asyncIterator in inputs ? inputs[Symbol.asyncIterator]() : inputs[Symbol.iterator]();
  }

  /** The next input, or a promise of it. Do not call it while such a promise is pending. */
  next(): Result | Promise<Result> {
    let next: Result | PromiseLike<Result>;
    this.#runs = true;
    try {
      next = this.#inputs.next();
    } catch (error) {
      this.#over = true;
      throw error;
    } finally {
      this.#runs = false;
    }
    if (isPromise(next)) return this.#awaited(next);
    this.#over ||= next.done === true;
    return next;
  }

  async #awaited(next: PromiseLike<Result>): Promise<Result> {
    this.#waits = true;
    try {
      const result = await next;
      this.#over ||= result.done === true;
      return result;
    } catch (error) {
      this.#over = true;
      throw error;
    } finally {
      this.#waits = false;
    }
  }

  /**
   * Ends the iterator, so that a generator runs its `finally`. Resolves when the generator has finished. If a promise
   * of the next input is pending, resolves at once: an async generator runs its `finally` only after that promise.
   * Rejects with what the iterator throws.
   */
  leave(): Promise<void> {
    this.#left ??= this.#leave();
    // A caller that does not await it must not cause an unhandled rejection.
    this.#left.catch(() => {});
    return this.#left;
  }

  async #leave(): Promise<void> {
    // A generator that is running refuses `return()`.
    if (this.#runs) await Promise.resolve();
    if (this.#over) return;
    const left = this.#inputs.return?.();
    if (this.#waits) Promise.resolve(left).catch(() => {});
    else await left;
  }
}

function isPromise(next: Result | PromiseLike<Result>): next is PromiseLike<Result> {
  return "then" in next;
}
