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

  constructor(bytes: number) {
    this.bytes = bytes;
  }

  fill(): Promise<boolean> {
    return this.filled;
  }

  close(): void {
    this.closed = true;
  }
}
