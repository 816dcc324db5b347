import { PolyprocError } from "../../../protocol/errors.js";
import { payloadData, payloadHandles, type Payload } from "../../../protocol/payload.js";
import { read, requireData } from "../codec/reader.js";
import { whyUnencodable } from "../codec/unencodable.js";
import { messageOverheadBytes } from "../../../server/ipc/framing/fragments.js";
import { tooLong, unencodable, write } from "../codec/writer.js";
import type { Connection } from "./connection.js";

export { OpaqueBlob } from "../codec/value.js";

/**
 * A value as a payload. What survives: null, booleans, numbers, bigint, text, `Uint8Array` (arrives as Buffer), Date,
 * arrays, plain objects, objects of this package (Lock, Queue … arrive as the same object of the server); among
 * JavaScript processes also Map, Set, Error, RegExp, other typed arrays and larger bigints.
 *
 * What changes: `undefined` becomes null (a member that is undefined is left out); a bigint that is a safe integer
 * becomes a number; an instance of a class becomes what its `toJSON` gives, else a plain object of its own members.
 *
 * Functions, symbols, promises, cycles and nesting beyond 512 fail with TypeError, which names the place.
 */
export function encode(value: unknown): Payload {
  try {
    const { data, handles } = write(value);
    return handles === null ? data : [data, handles];
  } catch (error) {
    throw asCallersFailure(error, value);
  }
}

function asCallersFailure(error: unknown, value: unknown): unknown {
  if (error === tooLong) return new PolyprocError("PayloadTooLarge", "the value takes more than the 4 GiB that one payload can hold: send it in parts, or write it to a file and send its path");
  return error === unencodable ? new TypeError(`cannot send this to another process: ${whyUnencodable(value)}`) : error;
}

/** Items are sent together up to about this many bytes; one alone may have more. */
const chunkBytes = 4 * 1024 * 1024;

/** `bytes`, or the most that one message to this server can hold, if that is less. A closed connection has no limit: it sends nothing. */
export function togetherBytes(connection: Connection, bytes: number): number {
  if (!connection.isOpen) return bytes;
  return Math.min(bytes, connection.facts.limits.maxPayloadBytes - messageOverheadBytes);
}

/** The payload of a list with these items; null when they are too many bytes to be sent together. */
export function encodeChunk(connection: Connection, items: readonly unknown[]): Payload | null {
  if (items.length === 1) return encodeFor(connection, items);
  try {
    const { data, handles } = write(items, togetherBytes(connection, chunkBytes));
    return handles === null ? data : [data, handles];
  } catch (error) {
    if (error === tooLong) return null;
    throw asCallersFailure(error, items);
  }
}

/**
 * `encode` for a message of this connection, which is open. A payload that no message can hold fails with
 * PayloadTooLarge here: a message that is too long would end the connection.
 */
export function encodeFor(connection: Connection, value: unknown): Payload {
  const payload = encode(value);
  const bytes = payloadBytes(payload);
  const { maxPayloadBytes } = connection.facts.limits;
  if (bytes > maxPayloadBytes - messageOverheadBytes) throw tooLarge(bytes, maxPayloadBytes);
  return payload;
}

function tooLarge(bytes: number, maxPayloadBytes: number): PolyprocError {
  return new PolyprocError(
    "PayloadTooLarge",
    `the value takes ${bytes} bytes, and a message at most ${maxPayloadBytes}: send it in parts, write it to a file and send its path, or raise the server's limit (--max-payload-bytes, --max-memory-bytes)`,
    { bytes, maxPayloadBytes },
  );
}

export function payloadBytes(payload: Payload): number {
  return payload instanceof Uint8Array ? payload.length : payload[0].length;
}

/**
 * The value of a payload. Handles in it become objects of this connection, which must have been open. Bytes may be
 * kept. Fails with Malformed when the payload is not one value.
 */
export function decode(payload: Payload, connection: Connection | null): unknown {
  return read(payload instanceof Uint8Array ? payload : payload[0], connection);
}

/**
 * `decode` for a payload that may be marked as foreign: `origin` names the client that it came from, `object` what it
 * came through. Fails with UntrustedBlob when there is a value in it that only one language can open.
 */
export function decodeFrom(origin: string | null | undefined, object: string, payload: Payload, connection: Connection): unknown {
  if (origin) {
    try {
      requireForeignData(origin, object, payload);
    } catch (error) {
      // Its objects came with it.
      for (const handle of payloadHandles(payload)) connection.release(handle);
      throw error;
    }
  }
  return decode(payload, connection);
}

/** The check alone. */
export function requireForeignData(origin: string, object: string, payload: Payload): void {
  requireData(payloadData(payload), { origin, object });
}
