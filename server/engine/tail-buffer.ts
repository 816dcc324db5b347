declare class TextDecoder {
  decode(data: Uint8Array): string;
}

/** The last `maxBytes` of what is pushed. */
export class TailBuffer {
  readonly #maxBytes: number;
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  truncated = false;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  push(data: Uint8Array): void {
    this.#chunks.push(data);
    this.#bytes += data.length;
    while (this.#bytes - (this.#chunks[0]?.length ?? 0) >= this.#maxBytes && this.#chunks.length > 1) {
      this.#bytes -= this.#chunks.shift()!.length;
      this.truncated = true;
    }
  }

  /** Bytes that are not UTF-8 become U+FFFD. */
  text(): string {
    const all = new Uint8Array(this.#bytes);
    let at = 0;
    for (const chunk of this.#chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    const tail = this.#bytes > this.#maxBytes ? all.subarray(this.#bytes - this.#maxBytes) : all;
    if (tail.length < all.length) this.truncated = true;
    return new TextDecoder().decode(tail);
  }
}
