/** How deep arrays and maps of a value may nest. */
export const maxDepth = 512;

/** Extension types of msgpack inside payloads: SPEC.md. */
export const extension = { handle: 1, blob: 2, timestamp: 0xff } as const;

/** Tags of the values that only JavaScript has. */
export const tag = {
  /** Payload: an array of key, value, key, value … */
  map: "js/map",
  /** Payload: an array. */
  set: "js/set",
  /** Payload: `{type, message, stack, cause?, errors?, properties?}`. */
  error: "js/error",
  /** Payload: `[object, companion]`, an object of this package and what travels beside its handle. */
  companion: "js/companion",
  /**
   * Node's own serialisation: RegExp, typed arrays other than bytes, ArrayBuffer, bigint beyond 64 bits, boxed values.
   */
  v8: "js/v8",
} as const;

/** A value that another language sent and only it can open. Passed along unchanged. */
export class OpaqueBlob {
  /** Whose it is, and how it was made: `python/pickle` … */
  readonly tag: string;
  readonly data: Uint8Array;

  constructor(tag: string, data: Uint8Array) {
    this.tag = tag;
    this.data = data;
  }
}
