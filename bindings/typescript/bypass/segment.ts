import { closeSync, readSync, writevSync } from "node:fs";
import type { Handle } from "../../../protocol/payload.js";
import { openMemoryFile, type MemoryPlace } from "./memory-file.js";

const pageBytes = 4096;

interface Range {
  offset: number;
  bytes: number;
}

/** Memory of this session for blocks, of whole pages. Pages are used again: fresh ones cost several times as much. */
export class Segment {
  /** Handle of the memory. */
  readonly handle: Handle;
  readonly bytes: number;
  /** When its last block was given back, by `performance.now()`. */
  idleSince = 0;
  readonly #fd: number;
  /** In order, and none touches the next. */
  readonly #free: Range[];
  #used = 0;

  constructor(handle: Handle, place: MemoryPlace) {
    this.handle = handle;
    this.bytes = place.bytes;
    this.#fd = openMemoryFile(place);
    this.#free = [{ offset: 0, bytes: place.bytes }];
  }

  get isEmpty(): boolean {
    return this.#used === 0;
  }

  /** Copies the pieces into free pages. Returns where they begin, or null if too few are free. */
  store(pieces: readonly Uint8Array[], length: number): number | null {
    const bytes = inPages(length);
    const at = this.#free.findIndex((range) => range.bytes >= bytes);
    if (at === -1) return null;
    const range = this.#free[at]!;
    const { offset } = range;
    for (let done = 0; done < length;) done += writevSync(this.#fd, after(pieces, done), offset + done);
    range.offset += bytes;
    range.bytes -= bytes;
    if (range.bytes === 0) this.#free.splice(at, 1);
    this.#used += bytes;
    return offset;
  }

  /** The pages of this block may be written again. */
  giveBack(offset: number, length: number): void {
    const bytes = inPages(length);
    this.#used -= bytes;
    this.idleSince = performance.now();
    let at = this.#free.findIndex((range) => range.offset > offset);
    if (at === -1) at = this.#free.length;
    this.#free.splice(at, 0, { offset, bytes });
    this.#join(at);
    this.#join(at - 1);
  }

  read(offset: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafeSlow(length);
    for (let done = 0; done < length;) done += readSync(this.#fd, bytes, done, length - done, offset + done);
    return bytes;
  }

  close(): void {
    closeSync(this.#fd);
  }

  /** Joins the range with the next one if they touch. */
  #join(at: number): void {
    const [range, next] = [this.#free[at], this.#free[at + 1]];
    if (!range || !next || range.offset + range.bytes !== next.offset) return;
    range.bytes += next.bytes;
    this.#free.splice(at + 1, 1);
  }
}

/** The pieces without their first `done` bytes: a system call may take fewer bytes, or fewer pieces, than there are. */
function after(pieces: readonly Uint8Array[], done: number): readonly Uint8Array[] {
  if (done === 0) return pieces;
  let at = 0;
  for (; done >= pieces[at]!.length; at++) done -= pieces[at]!.length;
  return [pieces[at]!.subarray(done), ...pieces.slice(at + 1)];
}

/** The size of the whole pages that hold this many bytes. */
export function inPages(bytes: number): number {
  return Math.ceil(bytes / pageBytes) * pageBytes;
}
