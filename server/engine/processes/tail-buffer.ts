import type { Account } from "../budget.js";

declare class TextDecoder {
  decode(data: Uint8Array): string;
}

/** Short writes share blocks of this size; a child that writes byte by byte costs no more than another. */
const blockBytes = 16 * 1024;
/** What is kept at least, even while memory is short. */
const leastBytes = 64 * 1024;

/** The last `maxBytes` of what is pushed; less of it while the server's memory is short. */
export class TailBuffer {
  readonly #maxBytes: number;
  readonly #account: Account;
  /** Full ones; of the last, `#lastBytes` are used. */
  #blocks: Uint8Array[] = [];
  #lastBytes = 0;
  #bytes = 0;
  #charged = 0;
  truncated = false;

  constructor(maxBytes: number, account: Account) {
    this.#maxBytes = maxBytes;
    this.#account = account;
  }

  push(data: Uint8Array): void {
    for (let at = 0; at < data.length;) {
      const last = this.#blocks.at(-1);
      if (!last || this.#lastBytes === last.length) {
        this.#grow();
        continue;
      }
      const part = data.subarray(at, at + last.length - this.#lastBytes);
      last.set(part, this.#lastBytes);
      this.#lastBytes += part.length;
      this.#bytes += part.length;
      at += part.length;
    }
    this.#shrink(this.#limit);
  }

  /** Whether the beginning would be dropped if this many bytes were pushed. */
  wouldDrop(bytes: number): boolean {
    return this.#bytes + bytes > this.#limit;
  }

  /** What is kept, in order. */
  blocks(): Uint8Array[] {
    return this.#blocks.map((block, i) => (i === this.#blocks.length - 1 ? block.subarray(0, this.#lastBytes) : block));
  }

  /** Bytes that are not UTF-8 become U+FFFD. */
  text(): string {
    const all = new Uint8Array(this.#bytes);
    let at = 0;
    this.#blocks.forEach((block, i) => {
      const used = i === this.#blocks.length - 1 ? this.#lastBytes : block.length;
      all.set(block.subarray(0, used), at);
      at += used;
    });
    const tail = this.#bytes > this.#maxBytes ? all.subarray(this.#bytes - this.#maxBytes) : all;
    if (tail.length < all.length) this.truncated = true;
    return new TextDecoder().decode(tail);
  }

  /** Nothing of it is wanted any more. */
  clear(): void {
    this.#blocks = [];
    this.#bytes = this.#lastBytes = 0;
    this.#account.release(this.#charged);
    this.#charged = 0;
  }

  get #limit(): number {
    return this.#account.hasRoom(blockBytes) ? this.#maxBytes : Math.min(this.#maxBytes, leastBytes);
  }

  /** Small at first: most commands write little. */
  #grow(): void {
    const block = new Uint8Array(this.#blocks.length === 0 ? 1024 : blockBytes);
    this.#blocks.push(block);
    this.#lastBytes = 0;
    this.#account.charge(block.length);
    this.#charged += block.length;
  }

  #shrink(maxBytes: number): void {
    let gone = 0;
    while (gone < this.#blocks.length - 1 && this.#bytes - this.#blocks[gone]!.length >= maxBytes) {
      const { length } = this.#blocks[gone++]!;
      this.#bytes -= length;
      this.#charged -= length;
      this.#account.release(length);
    }
    if (gone === 0) return;
    this.#blocks.splice(0, gone);
    this.truncated = true;
  }
}
