/** An object's name on the wire: `kind:s3.17` (minted by session `s3`), or `kind:@name` (shared by name). */
export type Handle = string;

/**
 * An argument, item or result. The server moves it without opening it. In msgpack messages it is a `bin` with the
 * value's msgpack encoding, or `[bin, [handle, …]]` if handles occur inside. In JSON messages it is the value itself.
 *
 * This file is separate from the schemas: a worker host must start fast, so it loads no schema.
 */
export type Payload = Uint8Array | [data: Uint8Array, handles: Handle[]];

export function isPayload(value: unknown): value is Payload {
  if (value instanceof Uint8Array) return true;
  return (
    Array.isArray(value) &&
    value.length === 2 &&
    value[0] instanceof Uint8Array &&
    Array.isArray(value[1]) &&
    value[1].every((handle) => typeof handle === "string")
  );
}

export function payloadData(payload: Payload): Uint8Array {
  return payload instanceof Uint8Array ? payload : payload[0];
}

const noHandles: readonly Handle[] = [];
export function payloadHandles(payload: Payload): readonly Handle[] {
  return payload instanceof Uint8Array ? noHandles : payload[1];
}
