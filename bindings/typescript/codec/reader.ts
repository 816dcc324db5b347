import { deserialize } from "node:v8";
import { PolyprocError } from "../../../protocol/errors.js";
import { bigIntegerFromBytes, maxBigIntegerBytes } from "../../../protocol/big-integer.js";
import type { Handle } from "../../../protocol/schema.js";
import { ValueReader } from "../../../server/ipc/framing/value-reader.js";
import type { Connection } from "../session/connection.js";
import { UntrustedBlob } from "../session/errors.js";
import { rebuild } from "../session/handles.js";
import { SharedObject } from "../session/shared-object.js";
import { errorFromValue } from "./error-value.js";
import { extension, OpaqueBlob, tag } from "./value.js";

let connection: Connection | null = null;
/** Set while a payload is only checked: a blob throws UntrustedBlob, and handles become null. */
let scanned: Foreign | null = null;
/**
 * The objects made so far, by handle. A handle that occurs several times becomes one object, because its reference is
 * counted once.
 */
let objects: Map<Handle, unknown> | null = null;

/** The client that sent a payload, and the object through which it came. */
export interface Foreign {
  readonly origin: string;
  readonly object: string;
}

/**
 * Throws UntrustedBlob if the payload contains a blob that only one language can open. Makes no objects of its handles.
 */
export function requireData(data: Uint8Array, foreign: Foreign): void {
  scanned = foreign;
  try {
    read(data, null);
  } finally {
    scanned = null;
  }
}

const reader = new ValueReader({
  shareBufferPart: 1 / 2,
  // A payload is a value of the program's own, which its length in bytes limits.
  maxValues: Number.MAX_SAFE_INTEGER,
  scalarKeys: true,
  text: (source, from, to) => source.toString("utf8", from, to),
  extension: readExtension,
  malformed,
});

/** Decodes a payload. Throws Malformed unless the bytes are exactly one value. */
export function read(data: Uint8Array, forConnection: Connection | null): unknown {
  connection = forConnection;
  objects = null;
  const value = reader.read(Buffer.from(data.buffer, data.byteOffset, data.byteLength), 0, data.length);
  connection = null;
  objects = null;
  return value;
}

function readExtension(length: number): unknown {
  const type = reader.size(1);
  const from = reader.skip(length);
  if (type === extension.blob) return readBlob(from);
  if (type === extension.handle) return readHandle(reader.source.toString("utf8", from, reader.at));
  if (type === extension.timestamp) return readTimestamp(from, length);
  if (type === extension.bigInteger) return readBigInteger(from, length);
  throw malformed(
    `extension type ${type} is none of 1 (handle), 2 (private value), 3 (big integer) and -1 (timestamp)`,
  );
}

function readHandle(handle: Handle): unknown {
  if (scanned) return null;
  let object = objects?.get(handle);
  if (object === undefined) {
    object = rebuild(handle, connection);
    (objects ??= new Map()).set(handle, object);
  }
  return object;
}

function readBigInteger(from: number, length: number): bigint {
  if (length === 0 || length > maxBigIntegerBytes) throw malformed(`it has a big integer of ${length} bytes`);
  const { source } = reader;
  return length <= 6 ? BigInt(source.readIntBE(from, length)) : bigIntegerFromBytes(source.subarray(from, reader.at));
}

function readTimestamp(from: number, length: number): Date {
  const { view } = reader;
  if (length === 4) return new Date(view.getUint32(from) * 1000);
  if (length === 8) {
    const bits = view.getBigUint64(from);
    return new Date(Number(bits & 0x3_ffff_ffffn) * 1000 + Number(bits >> 34n) / 1_000_000);
  }
  if (length === 12) return new Date(Number(view.getBigInt64(from + 4)) * 1000 + view.getUint32(from) / 1_000_000);
  throw malformed(`it has a timestamp of ${length} bytes`);
}

const noBlob = "the body of a private value is not [tag, bytes]";

/**
 * Reads the `[tag, bin]` that ends where the reader is, in place. Bodies of our own tags are msgpack again, and share
 * `objects`.
 */
function readBlob(from: number): unknown {
  const blobEnd = reader.at;
  reader.at = from;
  if (reader.size(1) !== 0x92) throw malformed(noBlob);
  const name = reader.value();
  const token = reader.size(1);
  const size = token === 0xc4 ? 1 : token === 0xc5 ? 2 : 4;
  if (typeof name !== "string" || (size === 4 && token !== 0xc6)) throw malformed(noBlob);
  if (reader.size(size) !== blobEnd - reader.at) throw malformed("a private value has a wrong length");
  switch (name) {
    case tag.map:
      return mapFrom(reader.value());
    case tag.set:
      return new Set(reader.value() as unknown[]);
    case tag.companion:
      return withCompanion(reader.value() as [unknown, unknown]);
    case tag.error:
      return errorFromValue(reader.value() as Record<string, unknown>);
  }
  if (scanned) throw untrusted(scanned);
  const data = reader.source.subarray(reader.at, blobEnd);
  reader.at = blobEnd;
  return name === tag.v8 ? withOwnMemory(deserialize(data)) : new OpaqueBlob(name, Buffer.from(data));
}

/**
 * A typed array or DataView with its own memory: `deserialize` makes it a view of the bytes that it reads, so its
 * `buffer` would be a whole message.
 */
function withOwnMemory(value: unknown): unknown {
  if (!ArrayBuffer.isView(value)) return value;
  const { buffer, byteOffset, byteLength } = value;
  const View = value.constructor as new (memory: ArrayBufferLike) => ArrayBufferView;
  return new View(buffer.slice(byteOffset, byteOffset + byteLength));
}

function withCompanion([object, companion]: [unknown, unknown]): unknown {
  if (!(object instanceof SharedObject)) return object;
  const whole = object.received(companion);
  objects?.set(object.handle, whole);
  return whole;
}

function mapFrom(flat: unknown): Map<unknown, unknown> {
  const map = new Map<unknown, unknown>();
  const entries = flat as unknown[];
  for (let i = 0; i + 1 < entries.length; i += 2) map.set(entries[i], entries[i + 1]);
  return map;
}

function untrusted({ origin, object }: Foreign): PolyprocError {
  return new UntrustedBlob(
    "UntrustedBlob",
    `${object} holds a private value of client ${origin}, which is not of this program's process tree, ` +
      "and is not opened: if you trust every client of the server, connect with trustBlobs: true " +
      "or POLYPROC_TRUST_BLOBS=1; otherwise have it send plain data",
    { origin, object },
  );
}

function malformed(what: string): PolyprocError {
  return new PolyprocError(
    "Malformed",
    `the payload is not a value of this protocol: ${what}; check its sender's encoder`,
  );
}
