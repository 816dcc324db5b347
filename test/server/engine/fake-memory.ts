import type { MemoryFile } from "../../../server/engine/bypass/memory-file.js";

let count = 0;

/** Memory that no process opens. */
export class FakeMemory implements MemoryFile {
  readonly bytes: number;
  readonly inode = `1:${++count}`;
  readonly path = `/memory/${count}`;
  closed = false;
  /** What `fill` resolves to. */
  filled: Promise<boolean> = Promise.resolve(true);

  readonly content: Uint8Array;

  constructor(bytes: number) {
    this.bytes = bytes;
    this.content = new Uint8Array(bytes <= 1 << 20 ? bytes : 0);
  }

  fill(): Promise<boolean> {
    return this.filled;
  }

  read(offset: number, length: number): Uint8Array {
    if (this.closed) throw new Error("the memory was closed");
    return this.content.slice(offset, offset + length);
  }

  close(): void {
    this.closed = true;
  }
}
