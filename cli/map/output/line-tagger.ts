const newline = 10;

/** Puts a text before each line of a stream of bytes. */
export class LineTagger {
  readonly #tag: Buffer;
  #atStart = true;

  constructor(tag: string) {
    this.#tag = Buffer.from(tag);
  }

  add(piece: Uint8Array): Uint8Array {
    if (this.#tag.length === 0) return piece;
    const parts: Uint8Array[] = [];
    for (let at = 0; at < piece.length;) {
      if (this.#atStart) parts.push(this.#tag);
      const found = piece.indexOf(newline, at);
      const end = found === -1 ? piece.length : found + 1;
      parts.push(piece.subarray(at, end));
      this.#atStart = found !== -1;
      at = end;
    }
    return Buffer.concat(parts);
  }
}
