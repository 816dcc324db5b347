/*
 * The packets of a channel: SPEC.md, "Channels". A packet is one write of `packetBytes`. A FIFO takes such a write
 * whole or not at all, and one read of `packetBytes` takes one packet.
 */

export const packetBytes = 4096;

const headBytes = 3;

/** Most bytes of an item in one packet. */
export const partBytes = packetBytes - headBytes;

const whole = 0;
const first = 1;
const further = 2;
const last = 3;

/** Number of packets that an item of this length takes. */
export function packetCount(length: number): number {
  return Math.max(1, Math.ceil(length / partBytes));
}

/** Writes packet `index` of the item into `packet`, which has `packetBytes`. */
export function fillPacket(packet: Uint8Array, item: Uint8Array, index = 0): void {
  const count = packetCount(item.length);
  const part = count === 1 ? item : item.subarray(index * partBytes, (index + 1) * partBytes);
  packet[0] = count === 1 ? whole : index === 0 ? first : index === count - 1 ? last : further;
  packet[1] = part.length & 255;
  packet[2] = part.length >> 8;
  packet.set(part, headBytes);
  // The rest may hold bytes of another channel's item.
  packet.fill(0, headBytes + part.length);
}

/** Makes items of packets. */
export class PacketJoiner {
  #parts: Uint8Array<ArrayBuffer>[];

  /** `begun`: what another reader has read of the first item. */
  constructor(begun?: Uint8Array<ArrayBuffer>) {
    this.#parts = begun ? [begun] : [];
  }

  /**
   * Adds a packet. Returns the item that is now complete, which may be a view of `packet`; null if none is. Copies the
   * parts that it keeps.
   */
  add(packet: Uint8Array): Uint8Array | null {
    const kind = packet[0];
    const end = headBytes + ((packet[1] ?? 0) | ((packet[2] ?? 0) << 8));
    const isPart = kind === further || kind === last;
    // Parts without a beginning are the rest of an item whose reader died. Anything else is no packet.
    if (end > packet.length || !(kind === whole || kind === first || (isPart && this.#parts.length > 0))) {
      this.#parts = [];
      return null;
    }
    if (!isPart) this.#parts = [];
    if (kind === whole) return packet.subarray(headBytes, end);
    // Also of a Buffer, whose own `slice` makes a view.
    this.#parts.push(Uint8Array.prototype.slice.call(packet, headBytes, end) as Uint8Array<ArrayBuffer>);
    return kind === last ? this.#join() : null;
  }

  /** The parts of an item whose last part is still missing; null if there are none. */
  get begun(): Uint8Array<ArrayBuffer> | null {
    return this.#parts.length === 0 ? null : joined(this.#parts);
  }

  #join(): Uint8Array<ArrayBuffer> {
    const parts = this.#parts;
    this.#parts = [];
    return joined(parts);
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const item = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    item.set(part, at);
    at += part.length;
  }
  return item;
}
