import { closeSync, fstatSync } from "node:fs";
import type { Channel } from "../../engine/bypass/channel.js";
import { descriptorPath } from "./descriptor-path.js";
import type { FifoStock } from "./fifo-stock.js";
import { readAvailable } from "./read-available.js";

/** So many at a time, each of which is a descriptor here and in two other processes. */
const maxChannels = 256;

/** The longest packet: PIPE_BUF on Linux. */
const packetBytes = 4096;

/** A FIFO of 1 MiB, the most that its users can make it, holds no more than 256. A writer who goes on all the same is not read for ever. */
const maxPackets = 1024;

/** What the first byte of a packet says of the rest. */
const part = { whole: 0, first: 1, further: 2, last: 3 } as const;

/** Channels are FIFOs that this process keeps open, so that what is in them outlives their writers and readers. */
export class Channels {
  readonly #fifos: FifoStock;
  #count = 0;

  constructor(fifos: FifoStock) {
    this.#fifos = fifos;
  }

  /** Null where a FIFO cannot be opened by others, and beyond the limit. */
  open(): Channel | null {
    if (this.#count >= maxChannels || descriptorPath(0) === null) return null;
    const fd = this.#fifos.take();
    const path = fd === null ? null : descriptorPath(fd);
    if (fd === null || path === null) return null;
    this.#count++;
    let open = true;
    const { dev, ino } = fstatSync(fd, { bigint: true });
    return {
      path,
      inode: `${dev}:${ino}`,
      drain: (begun) => (open ? drain(fd, begun) : []),
      close: () => {
        if (!open) return;
        open = false;
        this.#count--;
        closeSync(fd);
      },
    };
  }
}

/** The beginning of an item may be gone with a reader that died in the middle of it, its end with a writer: those are dropped. */
function drain(fd: number, begun?: Uint8Array): Uint8Array[] {
  const items: Uint8Array[] = [];
  let parts: Uint8Array[] | null = begun ? [begun] : null;
  for (let n = 0; n < maxPackets; n++) {
    const packet = readPacket(fd);
    if (packet === null) break;
    const rest = packet.subarray(1);
    switch (packet[0]) {
      case part.whole:
        items.push(rest);
        parts = null;
        break;
      case part.first:
        parts = [rest];
        break;
      case part.further:
        parts?.push(rest);
        break;
      case part.last:
        if (parts) items.push(Buffer.concat([...parts, rest]));
        parts = null;
        break;
      default:
        // Nothing that a writer of this protocol writes.
        parts = null;
    }
  }
  return items;
}

function readPacket(fd: number): Uint8Array | null {
  const buffer = Buffer.alloc(packetBytes);
  const length = readAvailable(fd, buffer);
  return length > 0 ? Uint8Array.prototype.slice.call(buffer, 0, length) : null;
}
