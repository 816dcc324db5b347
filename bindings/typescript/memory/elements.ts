/** The types of numbers in shared memory, in the machine's byte order, and the arrays of JavaScript that hold them. */
export const arrays = {
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  float32: Float32Array,
  float64: Float64Array,
} as const;

export type ElementType = keyof typeof arrays;
export type ArrayOf<T extends ElementType> = InstanceType<(typeof arrays)[T]>;
/** `bigint` for `int64` and `uint64`, otherwise `number`. */
export type ElementOf<T extends ElementType> = ArrayOf<T>[number];

/** Throws a TypeError if there is no such type. */
export function requireType(type: ElementType): void {
  if (Object.hasOwn(arrays, type)) return;
  throw new TypeError(`the type of shared numbers must be one of ${Object.keys(arrays).join(", ")}; got ${type}`);
}

/** An array of these values. Throws as the typed array does if a value has the wrong type. */
export function arrayOf<T extends ElementType>(type: T, values: Iterable<ElementOf<T>>): ArrayOf<T> {
  const from = (arrays[type] as unknown as { from(values: Iterable<unknown>): ArrayOf<T> }).from;
  return from.call(arrays[type], values);
}

/** The same bytes as an array. They begin at a multiple of 8 in their buffer. */
export function arrayOver<T extends ElementType>(type: T, bytes: Buffer): ArrayOf<T> {
  const { buffer, byteOffset, byteLength } = bytes;
  const make = arrays[type] as unknown as new (buffer: ArrayBufferLike, offset: number, length: number) => ArrayOf<T>;
  return new make(buffer, byteOffset, byteLength / arrays[type].BYTES_PER_ELEMENT);
}

/** The bytes of the array, not copied. */
export function bytesOf({ buffer, byteOffset, byteLength }: ArrayOf<ElementType>): Uint8Array<ArrayBuffer> {
  return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
}
