// The platform's own, declared here because the wire compiles without any platform's types.
declare class TextEncoder {
  encode(text: string): Uint8Array;
}

const utf8 = new TextEncoder();

/** A first byte and the longest number after it. */
const maxHead = 9;

/** Writes msgpack, each value in its shortest form. */
export class MsgpackWriter {
  #data = new Uint8Array(256);
  #view = new DataView(this.#data.buffer);
  #length = 0;

  /** What was written so far, a copy of exactly that length. */
  finish(): Uint8Array {
    return this.#data.slice(0, this.#length);
  }

  nil(): void {
    this.#byte(0xc0);
  }

  bool(value: boolean): void {
    this.#byte(value ? 0xc3 : 0xc2);
  }

  /** A safe integer, or a bigint of -2^63 … 2^64-1. */
  int(value: number | bigint): void {
    this.#reserve(maxHead);
    if (typeof value === "bigint") this.#bigint(value);
    else if (value >= 0) this.#natural(value);
    else if (value >= -0x20) this.#byte(value & 0xff);
    else if (value >= -0x80) this.#view.setInt8(this.#head(0xd0, 1), value);
    else if (value >= -0x8000) this.#view.setInt16(this.#head(0xd1, 2), value);
    else if (value >= -0x80000000) this.#view.setInt32(this.#head(0xd2, 4), value);
    else this.#view.setBigInt64(this.#head(0xd3, 8), BigInt(value));
  }

  float(value: number): void {
    this.#reserve(maxHead);
    this.#view.setFloat64(this.#head(0xcb, 8), value);
  }

  text(value: string): void {
    const data = utf8.encode(value);
    if (data.length < 32) this.#byte(0xa0 | data.length);
    else this.#sized(data.length, 0xd9, 0xda, 0xdb);
    this.#append(data);
  }

  bytes(data: Uint8Array): void {
    this.#sized(data.length, 0xc4, 0xc5, 0xc6);
    this.#append(data);
  }

  /** The elements are written next. */
  array(count: number): void {
    this.#container(count, 0x90, 0xdc);
  }

  /** The keys and values are written next, in turn. */
  map(count: number): void {
    this.#container(count, 0x80, 0xde);
  }

  ext(type: number, body: Uint8Array): void {
    const fixed = [1, 2, 4, 8, 16].indexOf(body.length);
    if (fixed >= 0) this.#byte(0xd4 + fixed);
    else this.#sized(body.length, 0xc7, 0xc8, 0xc9);
    this.#byte(type & 0xff);
    this.#append(body);
  }

  extText(type: number, text: string): void {
    this.ext(type, utf8.encode(text));
  }

  #natural(value: number): void {
    if (value < 0x80) this.#byte(value);
    else if (value <= 0xffffffff) this.#sized(value, 0xcc, 0xcd, 0xce);
    else this.#view.setBigUint64(this.#head(0xcf, 8), BigInt(value));
  }

  #bigint(value: bigint): void {
    if (value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER)) this.int(Number(value));
    else if (value > 0n) this.#view.setBigUint64(this.#head(0xcf, 8), value);
    else this.#view.setBigInt64(this.#head(0xd3, 8), value);
  }

  #container(count: number, fixed: number, short: number): void {
    this.#reserve(maxHead);
    if (count < 16) this.#byte(fixed | count);
    else if (count <= 0xffff) this.#view.setUint16(this.#head(short, 2), count);
    else this.#view.setUint32(this.#head(short + 1, 4), count);
  }

  #sized(size: number, byte: number, short: number, long: number): void {
    this.#reserve(maxHead);
    if (size <= 0xff) this.#view.setUint8(this.#head(byte, 1), size);
    else if (size <= 0xffff) this.#view.setUint16(this.#head(short, 2), size);
    else this.#view.setUint32(this.#head(long, 4), size);
  }

  #byte(byte: number): void {
    this.#reserve(1);
    this.#data[this.#length++] = byte;
  }

  /**
   * Writes the first byte and says where the `size` bytes after it go. Room was reserved: growing here would come after
   * `#view` was read.
   */
  #head(first: number, size: number): number {
    this.#data[this.#length] = first;
    this.#length += 1 + size;
    return this.#length - size;
  }

  #append(data: Uint8Array): void {
    this.#reserve(data.length);
    this.#data.set(data, this.#length);
    this.#length += data.length;
  }

  #reserve(size: number): void {
    const needed = this.#length + size;
    if (needed <= this.#data.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#data.length * 2));
    grown.set(this.#data.subarray(0, this.#length));
    this.#data = grown;
    this.#view = new DataView(grown.buffer);
  }
}
