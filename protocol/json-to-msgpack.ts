import { fromBase64 } from "./base64.js";
import { bigIntegerToBytes, maxBigIntegerBytes } from "./big-integer.js";
import { PolyprocError } from "./errors.js";
import { MsgpackWriter } from "./msgpack-writer.js";
import type { Handle } from "./schema.js";
import { parseTimestamp, timestampToBytes } from "./timestamp.js";
import { extensions, isHandle, maxDepth } from "./value-forms.js";

const maxUint64 = 2n ** 64n - 1n;
const minInt64 = -(2n ** 63n);
/** Digits and sign of the longest big integer. */
const maxDigits = Math.ceil(maxBigIntegerBytes * 8 * Math.log10(2)) + 1;

/**
 * The msgpack of a value in its JSON form, and each handle that occurs in it, once. Bytes may also be given as a
 * Uint8Array. Fails with InvalidParams.
 */
export function jsonToMsgpack(value: unknown): { data: Uint8Array; handles: Handle[] } {
  const writer = new ValueWriter();
  writer.value(value, 0);
  return { data: writer.msgpack.finish(), handles: [...writer.handles] };
}

class ValueWriter {
  readonly msgpack = new MsgpackWriter();
  readonly handles = new Set<Handle>();

  value(value: unknown, depth: number): void {
    switch (typeof value) {
      case "boolean":
        return this.msgpack.bool(value);
      case "number":
        return this.#number(value);
      case "string":
        return this.#text(value);
      case "object":
        if (value === null) return this.msgpack.nil();
        if (Array.isArray(value)) return this.#array(value, depth);
        if (value instanceof Uint8Array) return this.msgpack.bytes(value);
        return this.#object(value as Record<string, unknown>, depth);
      default:
        throw invalid(`a value of type ${typeof value} has no JSON form`);
    }
  }

  #number(value: number): void {
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) this.msgpack.int(value);
    else this.msgpack.float(value);
  }

  #text(text: string): void {
    if (/\p{Surrogate}/u.test(text))
      throw invalid(
        `the string ${quote(text)} has half of a surrogate pair, which UTF-8 cannot write; ` +
          `send such data as {"$bytes": …}`,
      );
    this.msgpack.text(text);
  }

  #array(items: readonly unknown[], depth: number): void {
    checkDepth(depth);
    this.msgpack.array(items.length);
    for (const item of items) this.value(item, depth + 1);
  }

  #object(object: Record<string, unknown>, depth: number): void {
    const keys = Object.keys(object);
    if (keys.length === 1 && isReserved(keys[0]!)) return this.#wrapper(keys[0]!, object[keys[0]!]);
    checkDepth(depth);
    this.msgpack.map(keys.length);
    for (const key of keys) {
      if (isReserved(key))
        throw invalid(`the key ${quote(key)} is reserved: write ${quote(`$${key}`)} for an ordinary key of that name`);
      this.#text(key.startsWith("$$") ? key.slice(1) : key);
      this.value(object[key], depth + 1);
    }
  }

  #wrapper(key: string, inner: unknown): void {
    switch (key) {
      case "$int":
        return this.#int(inner);
      case "$bigint":
        return this.#bigInteger(inner);
      case "$float":
        return this.#float(inner);
      case "$bytes":
        return this.msgpack.bytes(base64(key, inner));
      case "$timestamp": {
        const timestamp = typeof inner === "string" ? parseTimestamp(inner) : undefined;
        if (!timestamp) throw wrong(key, `RFC 3339 text such as "2026-01-31T12:00:00Z"`, inner);
        return this.msgpack.ext(extensions.timestamp, timestampToBytes(timestamp));
      }
      case "$handle": {
        if (typeof inner !== "string" || !isHandle(inner)) throw wrong(key, `a handle such as "lock:s1.4"`, inner);
        this.handles.add(inner);
        return this.msgpack.extText(extensions.handle, inner);
      }
      case "$blob":
        return this.#blob(inner);
      default:
        throw invalid(
          `{${quote(key)}: …} is no known form; write ${quote(`$${key}`)} for an ordinary key of that name`,
        );
    }
  }

  #int(inner: unknown): void {
    const value = typeof inner === "string" && /^-?\d{1,20}$/.test(inner) ? BigInt(inner) : undefined;
    if (value === undefined || value > maxUint64 || value < minInt64)
      throw wrong("$int", "decimal text from -2^63 to 2^64-1", inner);
    this.msgpack.int(value);
  }

  #bigInteger(inner: unknown): void {
    const isInteger = typeof inner === "string" && inner.length <= maxDigits && /^(?:0|-?[1-9]\d*)$/.test(inner);
    const body = isInteger ? bigIntegerToBytes(BigInt(inner)) : undefined;
    if (!body || body.length > maxBigIntegerBytes)
      throw wrong("$bigint", `decimal text of an integer of up to ${maxBigIntegerBytes} bytes`, inner);
    this.msgpack.ext(extensions.bigInteger, body);
  }

  #float(inner: unknown): void {
    if (typeof inner !== "string" || !/^(?:NaN|-?Infinity|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)$/.test(inner)) {
      throw wrong("$float", `a number's text, "NaN", "Infinity" or "-Infinity"`, inner);
    }
    const value = Number(inner);
    if (!Number.isFinite(value) && /\d/.test(inner)) throw wrong("$float", "a number that float64 can hold", inner);
    this.msgpack.float(value);
  }

  #blob(inner: unknown): void {
    const { tag, data } = (inner ?? {}) as { tag?: unknown; data?: unknown };
    if (typeof tag !== "string" || Object.keys(inner as object).length !== 2)
      throw wrong("$blob", `{"tag": "…", "data": "base64"}`, inner);
    const body = new ValueWriter();
    body.msgpack.array(2);
    body.#text(tag);
    body.msgpack.bytes(base64("$blob", data));
    this.msgpack.ext(extensions.blob, body.msgpack.finish());
  }
}

/** One `$` in front: a wrapper. Two: an ordinary key that begins with `$`. */
function isReserved(key: string): boolean {
  return key.startsWith("$") && !key.startsWith("$$");
}

function base64(key: string, text: unknown): Uint8Array {
  const data = typeof text === "string" ? fromBase64(text) : undefined;
  if (!data) throw wrong(key, "base64 text (RFC 4648, the alphabet with + and /)", text);
  return data;
}

function checkDepth(depth: number): void {
  if (depth >= maxDepth) throw invalid(`arrays and objects are nested deeper than ${maxDepth}`);
}

function invalid(trouble: string): PolyprocError {
  return new PolyprocError("InvalidParams", `payload: ${trouble}`);
}

function wrong(key: string, expected: string, got: unknown): PolyprocError {
  return invalid(`${quote(key)} expects ${expected}, got ${quote(got)}`);
}

function quote(value: unknown): string {
  const text =
    typeof value === "object" && value !== null
      ? Array.isArray(value)
        ? "an array"
        : "an object"
      : (JSON.stringify(value) ?? typeof value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
