const maxItems = 64;
const maxBytes = 64 * 1024;

/** Items that left an end of a pipe before its answers came: few, so that a sender cannot run far ahead of what is read. */
export class UnansweredSends {
  #items = 0;
  #bytes = 0;
  #failure: { error: unknown } | null = null;
  /** An item was stored, so others may be: the end can send, and somebody held the other one. Otherwise each waits for the answer that says what is wrong. */
  proven = false;

  /** Whether an item of this size need not wait for its answer. */
  admits(bytes: number): boolean {
    return this.proven && this.#items < maxItems && this.#bytes + bytes < maxBytes;
  }

  add(bytes: number): void {
    this.#items++;
    this.#bytes += bytes;
  }

  remove(bytes: number): void {
    this.#items--;
    this.#bytes -= bytes;
  }

  failed(bytes: number, error: unknown): void {
    this.remove(bytes);
    this.proven = false;
    // The first of several says what happened.
    this.#failure ??= { error };
  }

  /** The failure that nobody has been told of. From then on, nobody needs to be. */
  takeFailure(): { error: unknown } | null {
    const failure = this.#failure;
    this.#failure = null;
    return failure;
  }
}
