import { PolyprocError } from "../../../protocol/errors.js";
import { shortText } from "./text-cache.js";

/** How deep arrays and maps of a value may nest. */
export const maxDepth = 512;

/** What differs between messages and payloads. */
export interface Rules {
  /** A `bin` of a smaller part of its buffer than this is copied, so that a small value keeps no large buffer. */
  readonly shareBufferPart: number;
  /** How many values one may hold. PayloadTooLarge beyond it. */
  readonly maxValues: number;
  /** Keys may also be numbers and booleans, which JavaScript takes for text. */
  readonly scalarKeys: boolean;
  /** Decodes a text that is too long for the cache of short texts, or not ASCII. */
  text(source: Buffer, from: number, to: number): string;
  /** Reads an extension: its type is the reader's next byte, then come `length` bytes. */
  extension(length: number): unknown;
  /** The error for bytes that are no such value. `what`: a sentence without its full stop. */
  malformed(what: string): PolyprocError;
}

/**
 * Reads msgpack strictly, because the sender may be hostile. A length that cannot be true is refused before anything is
 * allocated. Integers beyond ±2^53 become `bigint`.
 *
 * A reader is used again for the next value: it must not be called while it reads.
 */
export class ValueReader {
  source: Buffer = Buffer.alloc(0);
  /** Where the next byte is read. */
  at = 0;
  #end = 0;
  #depth = 0;
  #left = 0;
  #copyBins = false;
  /** Made for the first float or 64-bit integer. */
  #view: DataView | null = null;
  readonly #rules: Rules;

  constructor(rules: Rules) {
    this.#rules = rules;
  }

  /** The value of the bytes from `from` to `to`, which must be exactly one. */
  read(source: Buffer, from: number, to: number): unknown {
    this.source = source;
    this.at = from;
    this.#end = to;
    this.#depth = 0;
    this.#left = this.#rules.maxValues;
    this.#copyBins = to - from < source.buffer.byteLength * this.#rules.shareBufferPart;
    this.#view = null;
    const value = this.value();
    if (this.at !== to) throw this.#rules.malformed(`${to - this.at} bytes are left over after its value`);
    return value;
  }

  /** The next value. */
  value(): unknown {
    if (--this.#left < 0) throw this.#tooMany();
    const token = this.source[this.skip(1)]!;
    if (token < 0x80) return token;
    if (token < 0x90) return this.#map(token & 0x0f);
    if (token < 0xa0) return this.#array(token & 0x0f);
    if (token < 0xc0) return this.#text(token & 0x1f);
    if (token >= 0xe0) return token - 0x100;
    switch (token) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
        return this.#bin(this.size(1));
      case 0xc5:
        return this.#bin(this.size(2));
      case 0xc6:
        return this.#bin(this.size(4));
      case 0xc7:
        return this.#rules.extension(this.size(1));
      case 0xc8:
        return this.#rules.extension(this.size(2));
      case 0xc9:
        return this.#rules.extension(this.size(4));
      case 0xcb:
        return this.view.getFloat64(this.skip(8));
      case 0xcc:
        return this.size(1);
      case 0xcd:
        return this.size(2);
      case 0xce:
        return this.size(4);
      case 0xd4:
      case 0xd5:
      case 0xd6:
      case 0xd7:
      case 0xd8:
        return this.#rules.extension(1 << (token - 0xd4));
      case 0xd9:
        return this.#text(this.size(1));
      case 0xda:
        return this.#text(this.size(2));
      case 0xdb:
        return this.#text(this.size(4));
      case 0xdc:
        return this.#array(this.size(2));
      case 0xdd:
        return this.#array(this.size(4));
      case 0xde:
        return this.#map(this.size(2));
      case 0xdf:
        return this.#map(this.size(4));
      case 0xc1:
        throw this.#rules.malformed("byte 0xc1 begins no value");
      default:
        return this.#number(token);
    }
  }

  /** A length of one, two or four bytes. */
  size(bytes: 1 | 2 | 4): number {
    const from = this.skip(bytes);
    const { source } = this;
    if (bytes === 1) return source[from]!;
    const high = (source[from]! << 8) | source[from + 1]!;
    return bytes === 2 ? high : high * 0x1_0000 + ((source[from + 2]! << 8) | source[from + 3]!);
  }

  /** Skips these bytes. Returns where they begin. */
  skip(bytes: number): number {
    const from = this.at;
    if (bytes > this.#end - from) throw this.#truncated();
    this.at = from + bytes;
    return from;
  }

  /** The buffer's bytes as numbers of other widths. */
  get view(): DataView {
    const { source } = this;
    return (this.#view ??= new DataView(source.buffer, source.byteOffset, source.byteLength));
  }

  #number(token: number): number | bigint {
    const { view } = this;
    switch (token) {
      case 0xca:
        return view.getFloat32(this.skip(4));
      case 0xcf:
        return narrow(view.getBigUint64(this.skip(8)));
      case 0xd0:
        return view.getInt8(this.skip(1));
      case 0xd1:
        return view.getInt16(this.skip(2));
      case 0xd2:
        return view.getInt32(this.skip(4));
      default:
        return narrow(view.getBigInt64(this.skip(8)));
    }
  }

  #array(length: number): unknown[] {
    // Each element takes at least one byte.
    if (length > this.#end - this.at) throw this.#truncated();
    if (++this.#depth > maxDepth) throw this.#tooDeep();
    const array: unknown[] = length <= 1024 ? new Array(length) : [];
    for (let i = 0; i < length; i++) array[i] = this.value();
    this.#depth--;
    return array;
  }

  #map(length: number): Record<string, unknown> {
    if (length * 2 > this.#end - this.at) throw this.#truncated();
    if (++this.#depth > maxDepth) throw this.#tooDeep();
    const map: Record<string, unknown> = {};
    for (let i = 0; i < length; i++) {
      const key = this.#key();
      // Plain assignment to `__proto__` would change the prototype.
      if (key === "__proto__")
        Object.defineProperty(map, key, { value: this.value(), enumerable: true, configurable: true, writable: true });
      else map[key] = this.value();
    }
    this.#depth--;
    return map;
  }

  #key(): string {
    const token = this.source[this.skip(1)]!;
    if (token >= 0xa0 && token < 0xc0) return this.#text(token & 0x1f);
    if (token === 0xd9) return this.#text(this.size(1));
    if (token === 0xda) return this.#text(this.size(2));
    if (token === 0xdb) return this.#text(this.size(4));
    if (this.#rules.scalarKeys) {
      this.at--;
      const key = this.value();
      if (typeof key === "number" || typeof key === "boolean") return String(key);
    }
    throw this.#rules.malformed("a map's key is not text");
  }

  #text(length: number): string {
    const from = this.skip(length);
    return shortText(this.source, from, this.at) ?? this.#rules.text(this.source, from, this.at);
  }

  #bin(length: number): Buffer {
    const from = this.skip(length);
    const bytes = this.source.subarray(from, this.at);
    return this.#copyBins ? Buffer.from(bytes) : bytes;
  }

  #truncated(): PolyprocError {
    return this.#rules.malformed("it ends in the middle of a value");
  }

  #tooDeep(): PolyprocError {
    return this.#rules.malformed(`arrays and maps nest deeper than ${maxDepth}`);
  }

  #tooMany(): PolyprocError {
    return new PolyprocError(
      "PayloadTooLarge",
      `the message holds more than ${this.#rules.maxValues} values; send it in parts`,
    );
  }
}

function narrow(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
