import { closeSync, fstatSync } from "node:fs";
import { PacketJoiner, packetBytes } from "../../../protocol/packet.js";
import type { Channel } from "../../engine/bypass/channel.js";
import { descriptorPath } from "./descriptor-path.js";
import type { FifoStock } from "./fifo-stock.js";
import { readAvailable } from "./read-available.js";

/** Most channels at a time. Each is a descriptor here and in two other processes. */
const maxChannels = 256;

/**
 * Packets that are read at most. A FIFO of 1 MiB, the largest that its users can make, holds 256. A writer that goes on
 * writing must not keep the server reading without end.
 */
const maxPackets = 1024;

const packet = Buffer.alloc(packetBytes);

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
function drain(fd: number, begun?: Uint8Array<ArrayBuffer>): Uint8Array[] {
  const items: Uint8Array[] = [];
  const joiner = new PacketJoiner(begun);
  for (let n = 0; n < maxPackets; n++) {
    const length = readAvailable(fd, packet);
    if (length === 0) break;
    const item = joiner.add(packet.subarray(0, length));
    if (item) items.push(Uint8Array.prototype.slice.call(item));
  }
  return items;
}
