/** An object's name on the wire: `kind:s3.17` (minted under a session's prefix), or `kind:@name` (shared by name). */
export type Handle = string;

/**
 * Arguments, items and results, which the server moves without opening: on msgpack doors a `bin` that holds one
 * value's msgpack encoding, or `[bin, [handle, …]]` when handles occur inside it. On the JSON door: the value itself.
 *
 * Apart from the schemas, because a worker host, which must start fast, loads none.
 */
export type Payload = Uint8Array | [data: Uint8Array, handles: Handle[]];

export function isPayload(value: unknown): value is Payload {
  if (value instanceof Uint8Array) return true;
  return Array.isArray(value) && value.length === 2 && value[0] instanceof Uint8Array
    && Array.isArray(value[1]) && value[1].every((handle) => typeof handle === "string");
}

export function payloadData(payload: Payload): Uint8Array {
  return payload instanceof Uint8Array ? payload : payload[0];
}

const noHandles: readonly Handle[] = [];
export function payloadHandles(payload: Payload): readonly Handle[] {
  return payload instanceof Uint8Array ? noHandles : payload[1];
}
