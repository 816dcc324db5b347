/* In Python, where a wait blocks the thread, more may be under way: 512 sends, each of up to 256 KiB. */
const maxItems = 64;
const maxBytes = 64 * 1024;

/**
 * Counts the items that a pipe end has sent and the server has not answered. `send` resolves without an answer while
 * they are few, so a sender cannot run far ahead of its reader.
 */
export class UnansweredSends {
  #items = 0;
  #bytes = 0;
  #failure: { error: unknown } | null = null;
  /**
   * True after the server has stored an item of this end: the end may send, and the other end is open. While false,
   * each `send` waits for its answer, so that it can reject with what is wrong.
   */
  proven = false;

  /** Whether `send` of an item of this size may resolve without the server's answer. */
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
    // Later sends fail because of the first failure: keep that one.
    this.#failure ??= { error };
  }

  /** Takes the failure that no call has reported yet, so that it is reported once. Null if there is none. */
  takeFailure(): { error: unknown } | null {
    const failure = this.#failure;
    this.#failure = null;
    return failure;
  }
}
