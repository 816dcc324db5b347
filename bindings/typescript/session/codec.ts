import { PolyprocError } from "../../../protocol/errors.js";
import { objectHandles, payloadData, storedBytes, type Payload } from "../../../protocol/payload.js";
import { leastBlockBytes } from "../bypass/blocks.js";
import { read, requireData } from "../codec/reader.js";
import { whyUnencodable } from "../codec/unencodable.js";
import { messageOverheadBytes } from "../../../server/ipc/framing/fragments.js";
import { bytesOf, piecesOf, type Encoded } from "../codec/encoded.js";
import { tooLong, unencodable, write } from "../codec/writer.js";
import type { Connection } from "./connection.js";

export { OpaqueBlob } from "../codec/value.js";

/**
 * Encodes a value as a payload.
 *
 * Arrives unchanged: null, booleans, numbers, bigint, text, `Uint8Array` (as a Buffer), Date, arrays, plain objects,
 * and objects of this package (Lock, Queue … name the same object of the server). Between JavaScript processes also
 * Map, Set, Error, RegExp and other typed arrays.
 *
 * Changes: `undefined` becomes null (a member that is undefined is left out). An instance of a class becomes the result
 * of its `toJSON`, otherwise a plain object of its own members.
 *
 * Throws a TypeError that names the place for functions, symbols, promises, cycles and nesting beyond 512.
 */
export function encode(value: unknown): Payload {
  return joined(written(value));
}

function written(value: unknown, apart?: number): Encoded {
  try {
    return write(value, undefined, apart);
  } catch (error) {
    throw asCallersFailure(error, value);
  }
}

function joined(encoded: Encoded): Payload {
  const { handles, parts } = encoded;
  const data = parts === null ? encoded.data : Buffer.concat(piecesOf(encoded));
  return handles === null ? data : [data, handles];
}

function asCallersFailure(error: unknown, value: unknown): unknown {
  if (error === tooLong)
    return new PolyprocError(
      "PayloadTooLarge",
      "the value takes more than the 4 GiB that one payload can hold: send it in parts, or write it to a file " +
        "and send its path",
    );
  return error === unencodable ? new TypeError(`cannot send this to another process: ${whyUnencodable(value)}`) : error;
}

/** Most bytes of a chunk, approximately. A single item may be larger. */
const chunkBytes = 4 * 1024 * 1024;

/**
 * `bytes`, or the most that one message to this server can hold, if that is less. A closed connection has no limit: it
 * sends nothing.
 */
export function togetherBytes(connection: Connection, bytes: number): number {
  if (!connection.isOpen) return bytes;
  return Math.min(bytes, connection.facts.limits.maxPayloadBytes - messageOverheadBytes);
}

/** Encodes the items as one list. Null if they are too large to be sent together. */
export function encodeChunk(connection: Connection, items: readonly unknown[]): Payload | null {
  if (items.length === 1) return encodeFor(connection, items);
  try {
    return stored(connection, write(items, togetherBytes(connection, chunkBytes), apartFor(connection)));
  } catch (error) {
    if (error === tooLong) return null;
    throw asCallersFailure(error, items);
  }
}

/**
 * `encode` for a message on this connection, which must be open. Throws PayloadTooLarge if no message can hold the
 * payload: sending it would end the connection.
 */
export function encodeFor(connection: Connection, value: unknown): Payload {
  const encoded = written(value, apartFor(connection));
  const bytes = bytesOf(encoded);
  const { maxPayloadBytes } = connection.facts.limits;
  if (bytes > maxPayloadBytes - messageOverheadBytes) throw tooLarge(bytes, maxPayloadBytes);
  return stored(connection, encoded);
}

/** `encodeFor` without a limit: the caller checks it. */
export function encodeResultFor(connection: Connection, value: unknown): Payload {
  return stored(connection, written(value, apartFor(connection)));
}

/** Bytes of this size need not be copied on their way into a block. */
function apartFor(connection: Connection): number {
  return connection.blocks ? leastBlockBytes : Infinity;
}

/** The payload with its bytes in a block, if it is large and there is room. */
function stored(connection: Connection, encoded: Encoded): Payload {
  const bytes = bytesOf(encoded);
  const block = bytes < leastBlockBytes ? null : connection.blocks?.store(piecesOf(encoded), bytes);
  return block ? [block, [block.handle, ...(encoded.handles ?? [])]] : joined(encoded);
}

function tooLarge(bytes: number, maxPayloadBytes: number): PolyprocError {
  return new PolyprocError(
    "PayloadTooLarge",
    `the value takes ${bytes} bytes, and a message at most ${maxPayloadBytes}: send it in parts, ` +
      "write it to a file and send its path, or raise the server's limit (--max-payload-bytes, " +
      "--max-memory-bytes)",
    { bytes, maxPayloadBytes },
  );
}

/**
 * Decodes a payload. Its handles become objects of this connection, which must be open. The caller may keep the bytes.
 * Throws Malformed if the payload is not exactly one value.
 */
export function decode(payload: Payload, connection: Connection | null): unknown {
  const data = payloadData(payload);
  if (connection) letGoOfBlock(payload, connection);
  return read(data, connection);
}

/** The payload is not needed any more: the server may use its block again. */
export function letGoOfBlock(payload: Payload, connection: Pick<Connection, "release">): void {
  storedBytes(payload)?.letGo?.((block) => connection.release(block));
}

/**
 * `decode` for a payload that may come from another client. `origin` names that client, `object` the queue, pipe or job
 * through which it came. Throws UntrustedBlob if the payload contains a blob.
 */
export function decodeFrom(
  origin: string | null | undefined,
  object: string,
  payload: Payload,
  connection: Connection,
): unknown {
  if (origin) {
    try {
      requireForeignData(origin, object, payload);
    } catch (error) {
      // Each handle in the payload brought a reference: drop them with it.
      for (const handle of objectHandles(payload)) connection.release(handle);
      letGoOfBlock(payload, connection);
      throw error;
    }
  }
  return decode(payload, connection);
}

/** Throws UntrustedBlob if the payload contains a blob. Decodes nothing. */
export function requireForeignData(origin: string, object: string, payload: Payload): void {
  requireData(payloadData(payload), { origin, object });
}
