import { closeSync, writeSync } from "node:fs";
import { fillPacket, packetBytes, packetCount } from "../../../protocol/packet.js";
import { type ChannelFacts, forWriting, openFifo } from "./fifo.js";

/**
 * Larger items go through the server. A FIFO holds 64 KiB, unless a process makes it larger. (The Python binding does
 * so, which Node cannot: there the limit is 64 KiB.)
 */
const maxItemBytes = 32 * 1024;

const packet = Buffer.alloc(packetBytes);

/** The sending side of a channel. */
export class ChannelWriter {
  readonly number: number;
  readonly #onLeft: () => void;
  #fd: number | null;

  /** Throws if this process cannot open the FIFO. `onLeft`: called when the channel was left. */
  constructor(facts: ChannelFacts, onLeft: () => void) {
    this.number = facts.channel;
    this.#onLeft = onLeft;
    this.#fd = openFifo(facts, forWriting);
  }

  /**
   * Whether the item is in the channel. False: the channel has been left, so the item must go through the server.
   *
   * It never waits for space: this process may exit right after the call, and the server would not have the item.
   */
  write(item: Uint8Array): boolean {
    if (this.#fd === null) return false;
    try {
      if (item.length <= maxItemBytes) {
        for (let index = 0; index < packetCount(item.length); index++) {
          fillPacket(packet, item, index);
          writeSync(this.#fd, packet);
        }
        return true;
      }
    } catch {
      // The FIFO is full, or the server has ended. Of an item that was begun, the reader drops the parts.
    }
    this.leave();
    return false;
  }

  leave(): void {
    if (this.#fd === null) return;
    closeSync(this.#fd);
    this.#fd = null;
    this.#onLeft();
  }
}
