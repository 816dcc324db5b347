import { PolyprocError } from "./errors.js";

// The platform's own, declared here because the wire compiles without any platform's types.
declare class TextDecoder {
  constructor(label: string, options: { fatal: boolean; ignoreBOM: boolean });
  decode(data: Uint8Array): string;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * What the next value is. A length is in bytes, a count in elements; what they announce follows and is read by the
 * caller.
 */
export type Token =
  | { type: "nil" }
  | { type: "bool"; value: boolean }
  | { type: "int"; value: number | bigint }
  | { type: "float"; value: number }
  | { type: "str"; length: number }
  | { type: "bin"; length: number }
  | { type: "array"; count: number }
  | { type: "map"; count: number }
  | { type: "ext"; ext: number; length: number };

/** Reads msgpack from bytes, one token after the other. Every fault of the bytes is a PolyprocError `Malformed`. */
export class MsgpackReader {
  readonly #data: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(data: Uint8Array) {
    this.#data = data;
    this.#view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  }

  /** Bytes that have not been read. */
  get left(): number {
    return this.#data.length - this.#at;
  }

  /** Reads a token, without the text, bytes or elements that it announces. */
  token(): Token {
    const byte = this.#uint(1);
    if (byte < 0x80) return { type: "int", value: byte };
    if (byte >= 0xe0) return { type: "int", value: byte - 0x100 };
    if (byte < 0x90) return this.#container("map", byte & 0x0f);
    if (byte < 0xa0) return this.#container("array", byte & 0x0f);
    if (byte < 0xc0) return { type: "str", length: byte & 0x1f };
    switch (byte) {
      case 0xc0:
        return { type: "nil" };
      case 0xc2:
        return { type: "bool", value: false };
      case 0xc3:
        return { type: "bool", value: true };
      case 0xc4:
        return { type: "bin", length: this.#uint(1) };
      case 0xc5:
        return { type: "bin", length: this.#uint(2) };
      case 0xc6:
        return { type: "bin", length: this.#uint(4) };
      case 0xc7:
        return this.#ext(this.#uint(1));
      case 0xc8:
        return this.#ext(this.#uint(2));
      case 0xc9:
        return this.#ext(this.#uint(4));
      case 0xca:
        return { type: "float", value: this.#view.getFloat32(this.#skip(4)) };
      case 0xcb:
        return { type: "float", value: this.#view.getFloat64(this.#skip(8)) };
      case 0xcc:
        return { type: "int", value: this.#uint(1) };
      case 0xcd:
        return { type: "int", value: this.#uint(2) };
      case 0xce:
        return { type: "int", value: this.#uint(4) };
      case 0xcf:
        return { type: "int", value: narrow(this.#view.getBigUint64(this.#skip(8))) };
      case 0xd0:
        return { type: "int", value: this.#view.getInt8(this.#skip(1)) };
      case 0xd1:
        return { type: "int", value: this.#view.getInt16(this.#skip(2)) };
      case 0xd2:
        return { type: "int", value: this.#view.getInt32(this.#skip(4)) };
      case 0xd3:
        return { type: "int", value: narrow(this.#view.getBigInt64(this.#skip(8))) };
      case 0xd4:
        return this.#ext(1);
      case 0xd5:
        return this.#ext(2);
      case 0xd6:
        return this.#ext(4);
      case 0xd7:
        return this.#ext(8);
      case 0xd8:
        return this.#ext(16);
      case 0xd9:
        return { type: "str", length: this.#uint(1) };
      case 0xda:
        return { type: "str", length: this.#uint(2) };
      case 0xdb:
        return { type: "str", length: this.#uint(4) };
      case 0xdc:
        return this.#container("array", this.#uint(2));
      case 0xdd:
        return this.#container("array", this.#uint(4));
      case 0xde:
        return this.#container("map", this.#uint(2));
      case 0xdf:
        return this.#container("map", this.#uint(4));
      default:
        throw malformed("byte 0xc1, which no value begins with");
    }
  }

  /** The next bytes, not copied. */
  bytes(length: number): Uint8Array {
    const at = this.#skip(length);
    return this.#data.subarray(at, at + length);
  }

  text(length: number): string {
    const at = this.#skip(length);
    if (length < 24) {
      let text = "";
      let end = at;
      for (; end < at + length && this.#data[end]! < 0x80; end++) text += String.fromCharCode(this.#data[end]!);
      if (end === at + length) return text;
    }
    try {
      return utf8.decode(this.#data.subarray(at, at + length));
    } catch {
      throw malformed(`text at byte ${at} that is not UTF-8`);
    }
  }

  #container(type: "array" | "map", count: number): Token {
    // Each element takes a byte at least: nothing is made for a count that cannot be true.
    if ((type === "map" ? 2 * count : count) > this.left)
      throw malformed(`a ${type} of ${count} at byte ${this.#at}, but only ${this.left} bytes follow`);
    return { type, count };
  }

  #ext(length: number): Token {
    return { type: "ext", ext: this.#view.getInt8(this.#skip(1)), length };
  }

  #uint(size: 1 | 2 | 4): number {
    const at = this.#skip(size);
    return size === 1 ? this.#data[at]! : size === 2 ? this.#view.getUint16(at) : this.#view.getUint32(at);
  }

  #skip(length: number): number {
    const at = this.#at;
    if (length > this.left)
      throw malformed(`truncated data: ${length} bytes expected at byte ${at}, ${this.left} left`);
    this.#at = at + length;
    return at;
  }
}

export function malformed(trouble: string): PolyprocError {
  return new PolyprocError("Malformed", `the payload's msgpack has ${trouble}; check the encoder of its sender`);
}

function narrow(value: bigint): number | bigint {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}
