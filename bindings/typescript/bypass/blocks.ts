import { closeSync } from "node:fs";
import { StoredBytes, type Handle } from "../../../protocol/payload.js";
import type { Connection } from "../session/connection.js";
import { openMemoryFile, type MemoryPlace } from "./memory-file.js";
import { inPages, Segment } from "./segment.js";

/** Shorter payloads travel in their message. */
export const leastBlockBytes = 128 * 1024;

const leastSegmentBytes = 8 * 1024 * 1024;
/** A segment that has been empty for so long, in milliseconds, is given back. */
const idleMs = 10_000;

/** Whether this process can open the server's memory, of which `place` is a file. */
export function canOpenMemory(place: MemoryPlace | null | undefined): boolean {
  if (!place || process.platform !== "linux") return false;
  try {
    closeSync(openMemoryFile(place));
    return true;
  } catch {
    return false;
  }
}

interface Place {
  readonly segment: Segment;
  readonly offset: number;
  readonly length: number;
}

/** A block that this process has written. */
class SentBlock extends StoredBytes {
  readonly handle: Handle;
  readonly #place: Place;
  readonly #named: (block: SentBlock) => void;

  constructor(handle: Handle, place: Place, named: (block: SentBlock) => void) {
    super();
    this.handle = handle;
    this.#place = place;
    this.#named = named;
  }

  get length(): number {
    return this.#place.length;
  }

  read(): Uint8Array {
    return this.#place.segment.read(this.#place.offset, this.length);
  }

  start(most: number): Uint8Array {
    return this.#place.segment.read(this.#place.offset, Math.min(most, this.length));
  }

  get reference(): Handle {
    this.#named(this);
    return this.handle;
  }
}

/**
 * The blocks of one session: payloads that it writes into memory of the server's, and sends by reference. The pages of
 * a block are used again when the server says that nothing refers to it.
 */
export class Blocks {
  readonly #connection: Connection;
  readonly #segments: Segment[] = [];
  readonly #places = new Map<Handle, Place>();
  /** Blocks that no message has named yet. A payload that is never sent is garbage collected. */
  readonly #unsent = new FinalizationRegistry<Handle>((block) => this.#connection.release(block));
  #isGrowing = false;
  /** Bytes that found no room while a segment was on its way. */
  #missing = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(connection: Connection) {
    this.#connection = connection;
    connection.on("memory/free", ({ blocks }) => blocks.forEach((block) => this.#freed(block)));
    void connection.closed.then(() => {
      for (const segment of this.#segments.splice(0)) segment.close();
      this.#places.clear();
    });
  }

  /** Bytes of all segments. */
  get bytes(): number {
    return this.#segments.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Number of blocks whose pages are in use. */
  get size(): number {
    return this.#places.size;
  }

  /** Writes the pieces into a block. Null if there is no room for it now: it goes into the message. */
  store(pieces: readonly Uint8Array[], length: number): StoredBytes | null {
    if (this.#connection.isClosed) return null;
    for (const segment of this.#segments) {
      const offset = segment.store(pieces, length);
      if (offset === null) continue;
      const block = this.#connection.mint("block");
      const place = { segment, offset, length };
      this.#places.set(block, place);
      this.#connection.notify("memory/block", { block, memory: segment.handle, offset, bytes: length });
      const sent = new SentBlock(block, place, this.#sent);
      this.#unsent.register(sent, block, sent);
      return sent;
    }
    this.#grow(length);
    return null;
  }

  readonly #sent = (block: SentBlock): void => void this.#unsent.unregister(block);

  /** Asks for a segment, for the payloads that follow. */
  #grow(bytes: number): void {
    if (this.#isGrowing) {
      this.#missing += bytes;
      return;
    }
    const room = this.#connection.facts.limits.maxQueuedBytes - this.bytes;
    const size = Math.min(Math.max(leastSegmentBytes, inPages(bytes * 4), inPages(this.#missing)), room);
    if (size < bytes) return;
    this.#isGrowing = true;
    this.#missing = 0;
    const memory = this.#connection.mint("memory");
    this.#connection
      .request("memory/create", { memory, bytes: size, forBlocks: true }, { background: true })
      .then((place) => this.#segments.push(new Segment(memory, place)))
      // The server has no room: payloads go into messages, and the next one asks again.
      .catch(() => this.#connection.release(memory))
      .finally(() => {
        this.#isGrowing = false;
      });
  }

  #freed(block: Handle): void {
    const place = this.#places.get(block);
    if (!place) return;
    this.#places.delete(block);
    place.segment.giveBack(place.offset, place.length);
    if (place.segment.isEmpty) this.#shrinkLater();
  }

  #shrinkLater(): void {
    if (this.#timer === null) this.#timer = setTimeout(this.#shrink, idleMs).unref();
  }

  readonly #shrink = (): void => {
    this.#timer = null;
    const now = performance.now();
    for (const segment of [...this.#segments]) {
      if (!segment.isEmpty) continue;
      if (now - segment.idleSince < idleMs) {
        this.#shrinkLater();
        continue;
      }
      this.#segments.splice(this.#segments.indexOf(segment), 1);
      segment.close();
      this.#connection.release(segment.handle);
    }
  };
}
