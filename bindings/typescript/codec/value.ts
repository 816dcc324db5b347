/** Extension types of msgpack inside payloads: SPEC.md. */
export const extension = { handle: 1, blob: 2, bigInteger: 3, timestamp: 0xff } as const;

/** Tags of the blobs that JavaScript writes. */
export const tag = {
  /** Payload: an array of key, value, key, value … */
  map: "js/map",
  /** Payload: an array. */
  set: "js/set",
  /** Payload: `{type, message, stack, cause?, errors?, properties?}`. */
  error: "js/error",
  /** Payload: `[object, companion]`: an object of this package and the value sent with its handle. */
  companion: "js/companion",
  /** Node's serialisation: RegExp, typed arrays other than bytes, ArrayBuffer, boxed values, huge bigints. */
  v8: "js/v8",
} as const;

/** A blob of another language. It can be passed on, unchanged. */
export class OpaqueBlob {
  /** Language and format: `python/pickle` …. */
  readonly tag: string;
  readonly data: Uint8Array;

  constructor(tag: string, data: Uint8Array) {
    this.tag = tag;
    this.data = data;
  }
}
