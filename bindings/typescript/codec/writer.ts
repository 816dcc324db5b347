import * as is from "node:util/types";
import { serialize } from "node:v8";
import { bigIntegerToBytes, maxBigIntegerBytes } from "../../../protocol/big-integer.js";
import type { Handle } from "../../../protocol/schema.js";
import { isShared, type SharedObject } from "../session/shared-object.js";
import { errorToValue } from "./error-value.js";
import { maxDepth } from "../../../server/ipc/framing/value-reader.js";
import type { Encoded, Part } from "./encoded.js";
import { opaqueClassOf } from "./opaque-class.js";
import { extension, OpaqueBlob, tag } from "./value.js";

/** Size of a memory block. Payloads share blocks, so most need no allocation of their own. */
const blockBytes = 32 * 1024;

let block = Buffer.allocUnsafeSlow(blockBytes);
let view = viewOf(block);
let start = 0;
let at = 0;
let depth = 0;
let handles: Handle[] | null = null;
let busy = false;
let mostBytes = 0;
let apartBytes = Infinity;
let parts: Part[] | null = null;
/** Bytes of all parts. */
let partBytes = 0;

/** Thrown if a value cannot be encoded. `whyUnencodable` then finds out which part and why. */
export const unencodable = Symbol("unencodable");

/** Thrown if the value exceeds the caller's limit. */
export const tooLong = Symbol("tooLong");

const [minSafe, maxSafe] = [BigInt(Number.MIN_SAFE_INTEGER), BigInt(Number.MAX_SAFE_INTEGER)];
const [minInt64, maxUint64] = [-(2n ** 63n), 2n ** 64n - 1n];

/** The largest `bin` of msgpack, and the largest Buffer of Node 20. */
const largestBytes = 0xffff_ffff;

/**
 * Encodes a value as msgpack in one pass. Throws `unencodable` if part of it cannot be encoded; the caller then looks
 * for the reason. Throws `tooLong` if the value outgrows its block and exceeds `most` bytes. Bytes of at least `apart`
 * are not copied.
 */
export function write(value: unknown, most = largestBytes, apart = Infinity): Encoded {
  if (busy) throw new Error("a getter or a toJSON of a value that is being encoded must not send values itself");
  if (block.length - at < 512 || block.length > 2 * blockBytes) newBlock(blockBytes);
  start = at;
  depth = 0;
  handles = null;
  busy = true;
  mostBytes = most;
  apartBytes = apart;
  parts = null;
  partBytes = 0;
  try {
    writeValue(value);
    return { data: block.subarray(start, at), handles, parts };
  } catch (error) {
    at = start;
    // Deep nesting may exhaust the stack before the limit is reached.
    throw error instanceof RangeError ? unencodable : error;
  } finally {
    parts = null;
    busy = false;
  }
}

function writeValue(value: unknown): void {
  switch (typeof value) {
    case "number":
      return writeNumber(value);
    case "string":
      return writeText(value);
    case "boolean":
      reserve(1);
      block[at++] = value ? 0xc3 : 0xc2;
      return;
    case "undefined":
      reserve(1);
      block[at++] = 0xc0;
      return;
    case "bigint":
      return writeBigint(value);
    case "object":
      return value === null ? writeValue(undefined) : writeObject(value);
    case "function":
    case "symbol":
      throw unencodable;
  }
}

function writeObject(value: object): void {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Array.prototype || Array.isArray(value)) return writeArray(value as unknown[]);
  if (prototype === Object.prototype || prototype === null) return writeMap(value as Record<string, unknown>);
  // Not by `instanceof`: values may come from another context of `vm`, as in tests that Jest runs.
  if (is.isUint8Array(value)) return writeBin(value);
  if (isShared(value)) return writeShared(value);
  if (is.isDate(value)) return writeTimestamp(value.getTime());
  if (is.isMap(value)) return writeBlob(tag.map, () => writeArray([...value.entries()].flat(1)));
  if (is.isSet(value)) return writeBlob(tag.set, () => writeArray([...value]));
  if (value instanceof OpaqueBlob) return writeBlob(value.tag, () => append(value.data));
  if (is.isNativeError(value) || value instanceof Error)
    return writeBlob(tag.error, () => writeMap(errorToValue(value)));
  if (is.isRegExp(value) || is.isAnyArrayBuffer(value)) return writeV8(value);
  if (ArrayBuffer.isView(value) || is.isBoxedPrimitive(value)) return writeV8(value);
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === "function") return nested(() => writeValue(toJSON.call(value, "")));
  if (opaqueClassOf(value) !== undefined) throw unencodable;
  writeMap(value as Record<string, unknown>);
}

function nested(write: () => void): void {
  if (++depth > maxDepth) throw unencodable;
  write();
  depth--;
}

function writeArray(array: readonly unknown[]): void {
  if (++depth > maxDepth) throw unencodable;
  const { length } = array;
  writeHeader(length, 0x90, 0xdc);
  for (let i = 0; i < length; i++) writeValue(array[i]);
  depth--;
}

/** Writes the own enumerable members with text keys. Members that are `undefined` are left out. */
function writeMap(map: Record<string, unknown>): void {
  if (++depth > maxDepth) throw unencodable;
  const keys = Object.keys(map);
  reserve(5);
  const header = at - start;
  writeHeader(keys.length, 0x80, 0xde);
  const headerBytes = at - start - header;
  let left = 0;
  for (const key of keys) {
    const value = map[key];
    if (value === undefined) {
      left++;
      continue;
    }
    writeText(key);
    writeValue(value);
  }
  depth--;
  if (left > 0) shortenHeader(start + header, headerBytes, keys.length - left);
}

/** Corrects the header when members were left out. Its length stays: msgpack allows a longer form than needed. */
function shortenHeader(header: number, bytes: number, count: number): void {
  if (bytes === 1) block[header] = 0x80 | count;
  else if (bytes === 3) view.setUint16(header + 1, count);
  else view.setUint32(header + 1, count);
}

function writeHeader(length: number, short: number, long: number): void {
  reserve(5);
  if (length < 16) {
    block[at++] = short | length;
  } else if (length < 0x10000) {
    block[at++] = long;
    view.setUint16(at, length);
    at += 2;
  } else {
    block[at++] = long + 1;
    view.setUint32(at, length);
    at += 4;
  }
}

function writeNumber(value: number): void {
  reserve(9);
  if (value >>> 0 === value && !Object.is(value, -0)) {
    if (value < 0x80) {
      block[at++] = value;
    } else if (value < 0x100) {
      block[at++] = 0xcc;
      block[at++] = value;
    } else if (value < 0x10000) {
      block[at++] = 0xcd;
      block[at++] = value >> 8;
      block[at++] = value & 0xff;
    } else {
      block[at++] = 0xce;
      view.setUint32(at, value);
      at += 4;
    }
    return;
  }
  if (value >> 0 === value && value < 0) {
    if (value >= -0x20) {
      block[at++] = value + 0x100;
    } else if (value >= -0x80) {
      block[at++] = 0xd0;
      block[at++] = value + 0x100;
    } else if (value >= -0x8000) {
      block[at++] = 0xd1;
      view.setInt16(at, value);
      at += 2;
    } else {
      block[at++] = 0xd2;
      view.setInt32(at, value);
      at += 4;
    }
    return;
  }
  if (Number.isSafeInteger(value) && value !== 0) {
    // Other languages distinguish integers from floats.
    writeInt64(value < 0 ? 0xd3 : 0xcf, BigInt(value));
    return;
  }
  block[at++] = 0xcb;
  view.setFloat64(at, value);
  at += 8;
}

/**
 * A bigint beyond the safe integers that msgpack's integers can hold is one of those: it is read as a bigint in any
 * case. All others have a form of their own, so that they do not come back as numbers.
 */
function writeBigint(value: bigint): void {
  if (value > maxSafe && value <= maxUint64) {
    reserve(9);
    writeInt64(0xcf, value);
  } else if (value < minSafe && value >= minInt64) {
    reserve(9);
    writeInt64(0xd3, value);
  } else {
    const body = bigIntegerToBytes(value);
    if (body.length <= maxBigIntegerBytes) writeExtension(extension.bigInteger, body);
    else writeV8(value);
  }
}

function writeInt64(token: number, value: bigint): void {
  block[at++] = token;
  if (token === 0xd3) view.setBigInt64(at, value);
  else view.setBigUint64(at, value);
  at += 8;
}

function writeText(text: string): void {
  const { length } = text;
  if (length < 40) {
    // Reserve three bytes for each unit, the maximum. Usually all units are ASCII: try that first, without leaving
    // JavaScript.
    reserve(5 + length * 3);
    const first = at + (length < 32 ? 1 : 2);
    let i = 0;
    for (; i < length; i++) {
      const unit = text.charCodeAt(i);
      if (unit > 0x7f) break;
      block[first + i] = unit;
    }
    if (i === length) {
      if (length >= 32) block[at++] = 0xd9;
      block[at++] = length < 32 ? 0xa0 | length : length;
      at += length;
      return;
    }
  }
  const bytes = Buffer.byteLength(text);
  reserve(5 + bytes);
  if (bytes < 32) block[at++] = 0xa0 | bytes;
  else writeSize(bytes, 0xd9);
  at += block.write(text, at, bytes, "utf8");
}

function writeBin(bytes: Uint8Array): void {
  reserve(5);
  writeSize(bytes.length, 0xc4);
  append(bytes);
}

function writeShared(object: SharedObject): void {
  const { companion, handle } = object;
  if (companion === undefined) return writeHandle(handle);
  writeBlob(tag.companion, () => {
    writeHeader(2, 0x90, 0xdc);
    writeHandle(handle);
    writeValue(companion);
  });
}

function writeHandle(handle: Handle): void {
  handles ??= [];
  if (!handles.includes(handle)) handles.push(handle);
  writeExtension(extension.handle, Buffer.from(handle));
}

function writeTimestamp(ms: number): void {
  // An invalid Date has no timestamp.
  if (Number.isNaN(ms)) throw unencodable;
  const seconds = Math.floor(ms / 1000);
  const nanoseconds = (ms - seconds * 1000) * 1_000_000;
  const body = Buffer.alloc(12);
  if (seconds >= 0 && seconds < 0x1_0000_0000 && nanoseconds === 0) {
    body.writeUInt32BE(seconds);
    writeExtension(extension.timestamp, body.subarray(0, 4));
  } else if (seconds >= 0 && seconds < 0x4_0000_0000) {
    body.writeBigUInt64BE((BigInt(nanoseconds) << 34n) | BigInt(seconds));
    writeExtension(extension.timestamp, body.subarray(0, 8));
  } else {
    body.writeUInt32BE(nanoseconds);
    body.writeBigInt64BE(BigInt(seconds), 4);
    writeExtension(extension.timestamp, body);
  }
}

function writeExtension(type: number, body: Uint8Array): void {
  reserve(6 + body.length);
  const fixed = [1, 2, 4, 8, 16].indexOf(body.length);
  if (fixed >= 0) block[at++] = 0xd4 + fixed;
  else writeSize(body.length, 0xc7);
  block[at++] = type;
  append(body);
}

function writeV8(value: unknown): void {
  let data: Buffer;
  try {
    data = serialize(value);
  } catch {
    throw unencodable;
  }
  writeBlob(tag.v8, () => append(data));
}

/** Writes extension 2, `[tag, bin]`. The lengths are filled in after the body, when they are known. */
function writeBlob(name: string, body: () => void): void {
  reserve(7);
  const from = at - start;
  at += 6;
  block[at++] = 0x92;
  writeText(name);
  reserve(5);
  const bodyFrom = at - start;
  const partsFrom = partBytes;
  at += 5;
  if (++depth > maxDepth) throw unencodable;
  body();
  depth--;
  const end = at - start + partBytes - partsFrom;
  block[start + bodyFrom] = 0xc6;
  view.setUint32(start + bodyFrom + 1, end - bodyFrom - 5);
  block[start + from] = 0xc9;
  view.setUint32(start + from + 1, end - from - 6);
  block[start + from + 5] = extension.blob;
}

/** `token`: the one for a length of one byte. Those for two and four bytes follow it. */
function writeSize(size: number, token: number): void {
  if (size < 0x100) {
    block[at++] = token;
    block[at++] = size;
  } else if (size < 0x10000) {
    block[at++] = token + 1;
    view.setUint16(at, size);
    at += 2;
  } else {
    block[at++] = token + 2;
    view.setUint32(at, size);
    at += 4;
  }
}

function append(bytes: Uint8Array): void {
  if (bytes.length >= apartBytes) {
    partBytes += bytes.length;
    if (at - start + partBytes > Math.min(mostBytes, largestBytes)) throw tooLong;
    (parts ??= []).push({ at: at - start, bytes });
    return;
  }
  reserve(bytes.length);
  block.set(bytes, at);
  at += bytes.length;
}

function reserve(bytes: number): void {
  if (at + bytes <= block.length) return;
  if (at - start + partBytes + bytes > mostBytes) throw tooLong;
  const written = block.subarray(start, at);
  newBlock(Math.max(blockBytes, Math.min(written.length * 2 + bytes + 512, largestBytes)));
  block.set(written);
  at = written.length;
}

function newBlock(bytes: number): void {
  block = Buffer.allocUnsafeSlow(bytes);
  view = viewOf(block);
  start = 0;
  at = 0;
}

function viewOf(buffer: Buffer): DataView {
  return new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}
