import { payloadData, payloadHandles, type Handle, type Payload, payloadBytes } from "../../protocol/schema.js";

/** Larger payloads are not copied. */
const maxPackedBytes = 4096;
/** Memory of a packed payload beside its bytes. */
export const packedOverheadBytes = 8;

/**
 * Many payloads that are rarely read, in little memory: short ones lie in one buffer, where a `Uint8Array` for each
 * would cost several hundred bytes. A place may have no payload.
 */
export class PackedPayloads implements Iterable<Payload> {
  readonly length: number;
  readonly #data: Uint8Array;
  /** Where the payload of each place ends in the buffer. It begins where the one before ends. */
  readonly #ends: Float64Array;
  /** Those that are not in the buffer. */
  readonly #large = new Map<number, Payload>();
  readonly #handles = new Map<number, readonly Handle[]>();

  /** `keep` is called for each payload that is not copied. */
  constructor(length: number, payloadAt: (place: number) => Payload | undefined, keep: (payload: Payload) => Payload) {
    this.length = length;
    this.#ends = new Float64Array(length);
    let size = 0;
    for (let place = 0; place < length; place++) {
      const payload = payloadAt(place);
      const bytes = payload === undefined ? 0 : payloadBytes(payload);
      if (payload !== undefined && (bytes > maxPackedBytes || bytes === 0)) this.#large.set(place, keep(payload));
      else size += bytes;
      this.#ends[place] = size;
    }
    this.#data = new Uint8Array(size);
    for (let place = 0; place < length; place++) {
      const payload = payloadAt(place);
      if (payload === undefined || this.#large.has(place)) continue;
      this.#data.set(payloadData(payload), this.#start(place));
      const handles = payloadHandles(payload);
      if (handles.length > 0) this.#handles.set(place, [...handles]);
    }
  }

  get(place: number): Payload | undefined {
    const large = this.#large.get(place);
    if (large !== undefined) return large;
    const start = this.#start(place);
    const end = this.#ends[place] ?? start;
    if (start === end) return undefined;
    const data = this.#data.subarray(start, end);
    const handles = this.#handles.get(place);
    return handles ? [data, [...handles]] : data;
  }

  *[Symbol.iterator](): Iterator<Payload> {
    for (let place = 0; place < this.length; place++) {
      const payload = this.get(place);
      if (payload !== undefined) yield payload;
    }
  }

  #start(place: number): number {
    return place === 0 ? 0 : this.#ends[place - 1]!;
  }
}
