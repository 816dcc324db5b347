import { closeSync, fstatSync } from "node:fs";
import type { Channel } from "../../engine/bypass/channel.js";
import { descriptorPath } from "./descriptor-path.js";
import type { FifoStock } from "./fifo-stock.js";
import { readAvailable } from "./read-available.js";

/** Most channels at a time. Each is a descriptor here and in two other processes. */
const maxChannels = 256;

/** Longest packet: PIPE_BUF on Linux. */
const packetBytes = 4096;

/**
 * Packets that are read at most. A FIFO of 1 MiB, the largest that its users can make, holds 256. A writer that goes on
 * writing must not keep the server reading without end.
 */
const maxPackets = 1024;

/** The first byte of a packet. */
const part = { whole: 0, first: 1, further: 2, last: 3 } as const;

/** Channels are FIFOs that the server holds open, so that their content outlives writer and reader. */
export class Channels {
  readonly #fifos: FifoStock;
  #count = 0;

  constructor(fifos: FifoStock) {
    this.#fifos = fifos;
  }

  /** Null if other processes could not open the FIFO, and beyond `maxChannels`. */
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

/**
 * Whole items of the channel. An item is dropped if a reader that died had read its beginning, or a writer that died
 * had not written its end.
 */
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
        // Not a packet of this protocol.
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
