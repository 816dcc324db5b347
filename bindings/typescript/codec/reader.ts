import { deserialize } from "node:v8";
import { PolyprocError } from "../../../protocol/errors.js";
import { bigIntegerFromBytes, maxBigIntegerBytes } from "../../../protocol/big-integer.js";
import type { Handle } from "../../../protocol/schema.js";
import { shortText } from "../../../server/ipc/framing/text-cache.js";
import type { Connection } from "../session/connection.js";
import { UntrustedBlob } from "../session/errors.js";
import { rebuild } from "../session/handles.js";
import { SharedObject } from "../session/shared-object.js";
import { errorFromValue } from "./error-value.js";
import { extension, maxDepth, OpaqueBlob, tag } from "./value.js";

let source: Buffer;
let view: DataView;
let at = 0;
let end = 0;
let depth = 0;
let copyBins = false;
let connection: Connection | null = null;
/** Set while a payload is only checked: a blob throws UntrustedBlob, and handles become null. */
let scanned: Foreign | null = null;
/**
 * The objects made so far, by handle. A handle that occurs several times becomes one object, because its reference is
 * counted once.
 */
let objects: Map<Handle, unknown> | null = null;

/**
 * A `bin` shares the payload's buffer if the payload is at least this part of it. Otherwise it is copied, so that a
 * small value does not keep a large buffer alive.
 */
const shareBufferPart = 1 / 2;

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

/** Decodes a payload. Throws Malformed unless the bytes are exactly one value. */
export function read(data: Uint8Array, forConnection: Connection | null): unknown {
  source = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  at = 0;
  end = data.length;
  // A payload of one byte is a small integer, nil or a boolean: no view is needed.
  if (end > 1) view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  depth = 0;
  connection = forConnection;
  objects = null;
  copyBins = data.length < data.buffer.byteLength * shareBufferPart;
  const value = readValue();
  if (at !== end) throw malformed(`${end - at} bytes after its value`);
  connection = null;
  objects = null;
  return value;
}

function readValue(): unknown {
  const token = source[advance(1)]!;
  if (token < 0x80) return token;
  if (token >= 0xe0) return token - 0x100;
  if (token < 0x90) return readMap(token & 0x0f);
  if (token < 0xa0) return readArray(token & 0x0f);
  if (token < 0xc0) return readText(token & 0x1f);
  switch (token) {
    case 0xc0:
      return null;
    case 0xc2:
      return false;
    case 0xc3:
      return true;
    case 0xc4:
      return readBin(readSize(1));
    case 0xc5:
      return readBin(readSize(2));
    case 0xc6:
      return readBin(readSize(4));
    case 0xc7:
      return readExtension(readSize(1));
    case 0xc8:
      return readExtension(readSize(2));
    case 0xc9:
      return readExtension(readSize(4));
    case 0xca:
      return view.getFloat32(advance(4));
    case 0xcb:
      return view.getFloat64(advance(8));
    case 0xcc:
      return source[advance(1)];
    case 0xcd:
      return view.getUint16(advance(2));
    case 0xce:
      return view.getUint32(advance(4));
    case 0xcf:
      return narrow(view.getBigUint64(advance(8)));
    case 0xd0:
      return view.getInt8(advance(1));
    case 0xd1:
      return view.getInt16(advance(2));
    case 0xd2:
      return view.getInt32(advance(4));
    case 0xd3:
      return narrow(view.getBigInt64(advance(8)));
    case 0xd4:
      return readExtension(1);
    case 0xd5:
      return readExtension(2);
    case 0xd6:
      return readExtension(4);
    case 0xd7:
      return readExtension(8);
    case 0xd8:
      return readExtension(16);
    case 0xd9:
      return readText(readSize(1));
    case 0xda:
      return readText(readSize(2));
    case 0xdb:
      return readText(readSize(4));
    case 0xdc:
      return readArray(readSize(2));
    case 0xdd:
      return readArray(readSize(4));
    case 0xde:
      return readMap(readSize(2));
    case 0xdf:
      return readMap(readSize(4));
    default:
      throw malformed("byte 0xc1, which no value begins with");
  }
}

function readArray(length: number): unknown[] {
  // Each element takes at least one byte: check that before allocating.
  if (length > end - at) throw truncated();
  if (++depth > maxDepth) throw malformed(`arrays and maps nested deeper than ${maxDepth}`);
  const array: unknown[] = length <= 1024 ? new Array(length) : [];
  for (let i = 0; i < length; i++) array[i] = readValue();
  depth--;
  return array;
}

function readMap(length: number): Record<string, unknown> {
  if (length * 2 > end - at) throw truncated();
  if (++depth > maxDepth) throw malformed(`arrays and maps nested deeper than ${maxDepth}`);
  const map: Record<string, unknown> = {};
  for (let i = 0; i < length; i++) {
    const key = readValue();
    if (typeof key !== "string" && typeof key !== "number" && typeof key !== "boolean")
      throw malformed(`a map with a key of type ${typeof key}; keys must be text`);
    const value = readValue();
    // Plain assignment to `__proto__` would change the prototype.
    if (key === "__proto__")
      Object.defineProperty(map, key, { value, enumerable: true, configurable: true, writable: true });
    else map[key as string] = value;
  }
  depth--;
  return map;
}

function readBin(length: number): Buffer {
  const bytes = source.subarray(advance(length), at);
  return copyBins ? Buffer.from(bytes) : bytes;
}

function readExtension(length: number): unknown {
  const type = source[advance(1)];
  const from = advance(length);
  if (type === extension.blob) return readBlob(from);
  if (type === extension.handle) return readHandle(source.toString("utf8", from, at));
  if (type === extension.timestamp) return readTimestamp(from, length);
  if (type === extension.bigInteger) return readBigInteger(from, length);
  throw malformed(
    `extension type ${type}; this protocol has 1 (handle), 2 (private value), 3 (big integer) and -1 (timestamp)`,
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
  if (length === 0 || length > maxBigIntegerBytes) throw malformed(`a big integer of ${length} bytes`);
  return length <= 6 ? BigInt(source.readIntBE(from, length)) : bigIntegerFromBytes(source.subarray(from, at));
}

function readTimestamp(from: number, length: number): Date {
  if (length === 4) return new Date(view.getUint32(from) * 1000);
  if (length === 8) {
    const bits = view.getBigUint64(from);
    return new Date(Number(bits & 0x3_ffff_ffffn) * 1000 + Number(bits >> 34n) / 1_000_000);
  }
  if (length === 12) return new Date(Number(view.getBigInt64(from + 4)) * 1000 + view.getUint32(from) / 1_000_000);
  throw malformed(`a timestamp of ${length} bytes`);
}

/** Reads the `[tag, bin]` that ends at `at`, in place. Bodies of our own tags are msgpack again and share `objects`. */
function readBlob(from: number): unknown {
  const blobEnd = at;
  at = from;
  if (source[at++] !== 0x92) throw malformed("a private value whose body is not [tag, bytes]");
  const name = readValue();
  const token = source[at++];
  const size = token === 0xc4 ? 1 : token === 0xc5 ? 2 : 4;
  if (typeof name !== "string" || (size === 4 && token !== 0xc6))
    throw malformed("a private value whose body is not [tag, bytes]");
  if (readSize(size) !== blobEnd - at) throw malformed("a private value with a wrong length");
  switch (name) {
    case tag.map:
      return mapFrom(readValue());
    case tag.set:
      return new Set(readValue() as unknown[]);
    case tag.companion:
      return withCompanion(readValue() as [unknown, unknown]);
    case tag.error:
      return errorFromValue(readValue() as Record<string, unknown>);
  }
  if (scanned) throw untrusted(scanned);
  const data = Buffer.from(source.subarray(at, blobEnd));
  at = blobEnd;
  return name === tag.v8 ? deserialize(data) : new OpaqueBlob(name, data);
}

function withCompanion([object, companion]: [unknown, unknown]): unknown {
  if (object instanceof SharedObject) object.companion = companion;
  return object;
}

function mapFrom(flat: unknown): Map<unknown, unknown> {
  const map = new Map<unknown, unknown>();
  const entries = flat as unknown[];
  for (let i = 0; i + 1 < entries.length; i += 2) map.set(entries[i], entries[i + 1]);
  return map;
}

function readText(length: number): string {
  const from = advance(length);
  return shortText(source, from, at) ?? source.toString("utf8", from, at);
}

function readSize(bytes: 1 | 2 | 4): number {
  const from = advance(bytes);
  return bytes === 1 ? source[from]! : bytes === 2 ? view.getUint16(from) : view.getUint32(from);
}

function advance(bytes: number): number {
  if (bytes > end - at) throw truncated();
  at += bytes;
  return at - bytes;
}

function narrow(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
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

function truncated(): PolyprocError {
  return malformed("its end in the middle of a value");
}

function malformed(what: string): PolyprocError {
  return new PolyprocError("Malformed", `the payload's msgpack has ${what}; check the sender's encoder`);
}
