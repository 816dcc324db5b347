import { isUtf8 } from "node:buffer";
import { PolyprocError } from "../../../protocol/errors.js";
import { shortText } from "./text-cache.js";

/** How deep arrays and maps of a message may nest. */
export const maxDepth = 512;

/**
 * How many values one message may hold; each payload counts as one. A value of one byte on the wire may take a hundred
 * in memory, so a limit on bytes alone would not bound the memory.
 */
export const maxValues = 250_000;

/** If a frame is a smaller part of its buffer than this, its `bin`s are copied, so that they do not keep the buffer. */
const keepBufferPart = 1 / 4;

let source: Buffer;
let position = 0;
let end = 0;
let depth = 0;
let values = 0;
let copyBins = false;

/**
 * Decodes the bytes from `start` to `stop` of `buffer`, which must be exactly one msgpack value. It is strict, because
 * the sender may be hostile. Throws ParseError at truncated data, bytes left over, text that is not UTF-8, keys that
 * are not text, extension types (they occur only inside payloads) and nesting beyond `maxDepth`; PayloadTooLarge beyond
 * `maxValues`.
 *
 * Integers beyond ±2^53 become `bigint`. The caller may keep a `bin`: it shares the buffer only if the message is a
 * large part of that, otherwise it is a copy.
 */
export function decodeMessage(buffer: Buffer, start = 0, stop = buffer.length): unknown {
  source = buffer;
  position = start;
  end = stop;
  depth = 0;
  values = 0;
  copyBins = stop - start < buffer.buffer.byteLength * keepBufferPart;
  const value = read();
  if (position !== end) throw malformed(`${end - position} bytes are left over after the message`);
  return value;
}

function read(): unknown {
  if (position >= end) throw truncated();
  if (++values > maxValues)
    throw new PolyprocError("PayloadTooLarge", `the message holds more than ${maxValues} values; send it in parts`);
  const token = source[position++]!;
  if (token < 0x80) return token;
  if (token < 0x90) return readMap(token & 0x0f);
  if (token < 0xa0) return readArray(token & 0x0f);
  if (token < 0xc0) return readText(token & 0x1f);
  if (token >= 0xe0) return token - 0x100;
  switch (token) {
    case 0xc0:
      return null;
    case 0xc2:
      return false;
    case 0xc3:
      return true;
    case 0xc4:
      return readBin(readUnsigned(1));
    case 0xc5:
      return readBin(readUnsigned(2));
    case 0xc6:
      return readBin(readUnsigned(4));
    case 0xca:
      return source.readFloatBE(advance(4));
    case 0xcb:
      return source.readDoubleBE(advance(8));
    case 0xcc:
      return readUnsigned(1);
    case 0xcd:
      return readUnsigned(2);
    case 0xce:
      return readUnsigned(4);
    case 0xcf:
      return narrow(source.readBigUInt64BE(advance(8)));
    case 0xd0:
      return source.readInt8(advance(1));
    case 0xd1:
      return source.readInt16BE(advance(2));
    case 0xd2:
      return source.readInt32BE(advance(4));
    case 0xd3:
      return narrow(source.readBigInt64BE(advance(8)));
    case 0xd9:
      return readText(readUnsigned(1));
    case 0xda:
      return readText(readUnsigned(2));
    case 0xdb:
      return readText(readUnsigned(4));
    case 0xdc:
      return readArray(readUnsigned(2));
    case 0xdd:
      return readArray(readUnsigned(4));
    case 0xde:
      return readMap(readUnsigned(2));
    case 0xdf:
      return readMap(readUnsigned(4));
    default:
      throw malformed(token === 0xc1 ? "byte 0xc1 is not msgpack" : "extension types are for payloads only");
  }
}

function readArray(length: number): unknown[] {
  // Each element takes at least one byte. So an impossible length is found before anything is allocated.
  if (length > end - position) throw truncated();
  if (++depth > maxDepth) throw tooDeep();
  const array: unknown[] = [];
  for (let i = 0; i < length; i++) array.push(read());
  depth--;
  return array;
}

function readMap(length: number): Record<string, unknown> {
  if (length * 2 > end - position) throw truncated();
  if (++depth > maxDepth) throw tooDeep();
  const map: Record<string, unknown> = {};
  for (let i = 0; i < length; i++) {
    const key = readKey();
    if (key === "__proto__")
      Object.defineProperty(map, key, { value: read(), enumerable: true, configurable: true, writable: true });
    else map[key] = read();
  }
  depth--;
  return map;
}

function readKey(): string {
  if (position >= end) throw truncated();
  const token = source[position++]!;
  if (token >= 0xa0 && token < 0xc0) return readText(token & 0x1f);
  if (token === 0xd9) return readText(readUnsigned(1));
  if (token === 0xda) return readText(readUnsigned(2));
  if (token === 0xdb) return readText(readUnsigned(4));
  throw malformed("a map's key is not text");
}

function readBin(length: number): Buffer {
  const start = advance(length);
  const view = source.subarray(start, position);
  return copyBins ? Buffer.from(view) : view;
}

function readUnsigned(bytes: 1 | 2 | 4): number {
  const at = advance(bytes);
  if (bytes === 1) return source[at]!;
  return bytes === 2 ? source.readUInt16BE(at) : source.readUInt32BE(at);
}

function advance(bytes: number): number {
  if (bytes > end - position) throw truncated();
  const at = position;
  position += bytes;
  return at;
}

function narrow(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function readText(length: number): string {
  const start = advance(length);
  return shortText(source, start, position) ?? decodeText(start);
}

function decodeText(start: number): string {
  const text = source.subarray(start, position);
  if (!isUtf8(text)) throw malformed("a text is not valid UTF-8");
  return text.toString("utf8");
}

function malformed(what: string): PolyprocError {
  return new PolyprocError("ParseError", `not a msgpack message: ${what}`);
}

function truncated(): PolyprocError {
  return malformed("it ends in the middle of a value; compare its length with the frame's");
}

function tooDeep(): PolyprocError {
  return malformed(`arrays and maps nest deeper than ${maxDepth}`);
}
