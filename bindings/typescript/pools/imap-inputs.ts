type Result = IteratorResult<unknown>;

/** The inputs of `imap`. They are asked one by one, and left once. */
export class ImapInputs {
  readonly #inputs: Iterator<unknown> | AsyncIterator<unknown>;
  /** They have ended or thrown. */
  #over = false;
  /** Their `next` runs now, and may call what leaves them. */
  #runs = false;
  /** They gave a promise of the next input, which has not settled. */
  #waits = false;
  #left: Promise<void> | null = null;

  constructor(inputs: Iterable<unknown> | AsyncIterable<unknown>) {
    this.#inputs = Symbol.asyncIterator in inputs ? inputs[Symbol.asyncIterator]() : inputs[Symbol.iterator]();
  }

  /** The next input, or a promise of it. Not while another one is awaited. */
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
   * Tells them that no more are wanted, so that a generator runs its `finally`. Resolves when they have done that; at once when they are waiting
   * for something, since a generator hears of it only after that. Rejects with what they throw.
   */
  leave(): Promise<void> {
    this.#left ??= this.#leave();
    // Where nobody waits for it, nobody is told.
    this.#left.catch(() => {});
    return this.#left;
  }

  async #leave(): Promise<void> {
    // A generator cannot be left from inside of itself.
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
