/** An object's name on the wire: `kind:s3.17` (minted by session `s3`), or `kind:@name` (shared by name). */
export type Handle = string;

const brand = Symbol.for("polyproc.StoredBytes.1");

/**
 * The bytes of a large payload that are in memory which several processes have open. A message holds a reference to
 * them: msgpack's extension type `blockExtension`. The handle of the block is among the payload's handles.
 */
export abstract class StoredBytes {
  readonly [brand] = true;

  /** A worker's process may hold several copies of this package. */
  static [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === "object" && value !== null && brand in value;
  }

  /** Handle of the block. */
  abstract readonly handle: Handle;
  abstract readonly length: number;
  /** Copies the bytes. */
  abstract read(): Uint8Array;
  /** Copies at most `most` bytes from the beginning. */
  abstract start(most: number): Uint8Array;
  /** The receiver is done with the bytes. `release` is called with the handle, once. */
  letGo?(release: (block: Handle) => void): void;
  /** Calls `release` when this object has been garbage collected before `letGo` or `reference`. */
  letGoIfForgotten?(release: (block: Handle) => void): void;
  /** What a message holds: the handle, or, from the server, `[handle, path, inode, offset, bytes]`. */
  abstract get reference(): unknown;
}

/** Extension type of msgpack in messages: a reference to a block. */
export const blockExtension = 4;

/**
 * An argument, item or result. The server moves it without opening it. In msgpack messages it is a `bin` with the
 * value's msgpack encoding, or `[bin, [handle, …]]` if handles occur inside, or `[reference, [handle, …]]` if the bytes
 * are in a block. In JSON messages it is the value itself.
 *
 * This file is separate from the schemas: a worker host must start fast, so it loads no schema.
 */
export type Payload = Uint8Array | [data: Uint8Array | StoredBytes, handles: Handle[]];

export function isPayload(value: unknown): value is Payload {
  if (value instanceof Uint8Array) return true;
  if (!Array.isArray(value) || value.length !== 2) return false;
  const [data, handles] = value as [unknown, unknown];
  if (!Array.isArray(handles) || !handles.every((handle) => typeof handle === "string")) return false;
  return data instanceof Uint8Array || (data instanceof StoredBytes && handles.includes(data.handle));
}

/** The bytes. Those of a block are copied. */
export function payloadData(payload: Payload): Uint8Array {
  if (payload instanceof Uint8Array) return payload;
  const [data] = payload;
  return data instanceof Uint8Array ? data : data.read();
}

/** The first bytes: `most` of them or more, fewer only if there are fewer. Those of a block are copied. */
export function payloadStart(payload: Payload, most: number): Uint8Array {
  if (payload instanceof Uint8Array) return payload;
  const [data] = payload;
  return data instanceof Uint8Array ? data : data.start(most);
}

/** Number of bytes. */
export function payloadBytes(payload: Payload): number {
  return payload instanceof Uint8Array ? payload.length : payload[0].length;
}

/** The handles of the objects inside: all but that of the block. */
export function objectHandles(payload: Payload): readonly Handle[] {
  const block = storedBytes(payload)?.handle;
  const handles = payloadHandles(payload);
  return block === undefined ? handles : handles.filter((handle) => handle !== block);
}

/** The block that holds the bytes; null: they are in the payload itself. */
export function storedBytes(payload: Payload): StoredBytes | null {
  return payload instanceof Uint8Array || payload[0] instanceof Uint8Array ? null : payload[0];
}

const noHandles: readonly Handle[] = [];
export function payloadHandles(payload: Payload): readonly Handle[] {
  return payload instanceof Uint8Array ? noHandles : payload[1];
}
