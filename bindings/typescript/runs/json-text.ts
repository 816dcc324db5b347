import { isProxy } from "node:util/types";

/** Text that may have been cut. */
export interface CutText {
  text: string;
  cut: boolean;
}

export interface JsonStyle {
  /** Characters; what is beyond is cut off. */
  limit: number;
  /** Spaces for each level; 0: all on one line. */
  indent: number;
}

/**
 * A value as JSON text, up to a limit: the cost depends on the limit, not on the size of the value. Values that JSON
 * lacks have the protocol's forms (`{"$bytes": …}`, `{"$float": "NaN"}`, `{"$int": …}`). Dates are ISO text, a Map is
 * an object or a list of pairs, a Set a list, an error `{type, message, stack}`. Other objects are written by their
 * `toJSON` or their own members.
 */
export function jsonText(value: unknown, style: JsonStyle): CutText {
  const writer = new Writer(style);
  try {
    writer.value(value, 0);
  } catch (error) {
    if (error !== full) throw error;
    return { text: writer.text.slice(0, style.limit), cut: true };
  }
  return { text: writer.text, cut: false };
}

const full = new Error("the text has reached its limit");
const maxDepth = 512;

class Writer {
  text = "";
  readonly #style: JsonStyle;

  constructor(style: JsonStyle) {
    this.#style = style;
  }

  value(value: unknown, depth: number): void {
    switch (typeof value) {
      case "string":
        return this.#string(value);
      case "number":
        return this.#put(
          Number.isFinite(value) ? (Object.is(value, -0) ? "0" : String(value)) : `{"$float":"${value}"}`,
        );
      case "bigint":
        return this.#put(`{"$int":"${value}"}`);
      case "boolean":
        return this.#put(String(value));
      case "undefined":
        return this.#put("null");
      case "function":
      case "symbol":
        return this.#string(String(value));
      case "object":
        return value === null ? this.#put("null") : this.#object(value, depth);
    }
  }

  #put(text: string): void {
    this.text += text;
    if (this.text.length > this.#style.limit) throw full;
  }

  #string(text: string): void {
    // Only as many characters as can be shown: escapes only make the text longer.
    const room = this.#style.limit - this.text.length + 1;
    this.#put(JSON.stringify(text.length > room ? text.slice(0, room) : text));
  }

  #object(value: object, depth: number): void {
    if (depth >= maxDepth) return this.#string("…");
    if (Array.isArray(value)) return this.#list(value, depth);
    if (value instanceof Date)
      return this.#string(Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString());
    if (value instanceof Uint8Array) return this.#bytes(value);
    if (ArrayBuffer.isView(value) && "length" in value) return this.#list(value as unknown as Iterable<unknown>, depth);
    if (value instanceof Set) return this.#list(value, depth);
    if (value instanceof Map) {
      const named = [...value.keys()].every((key) => typeof key === "string");
      return named ? this.#members(value as Map<string, unknown>, depth) : this.#list(value, depth);
    }
    if (value instanceof RegExp) return this.#string(String(value));
    if (value instanceof Error) {
      const { name: type, message, stack } = value;
      return this.#members([...Object.entries({ type, message, stack }), ...Object.entries(value)], depth);
    }
    if (!isProxy(value) && "toJSON" in value && typeof value.toJSON === "function")
      return this.value(value.toJSON(), depth + 1);
    return this.#members(Object.entries(value), depth);
  }

  #bytes(bytes: Uint8Array): void {
    const room = Math.max(0, this.#style.limit - this.text.length);
    this.#put(`{"$bytes":"${Buffer.from(bytes.subarray(0, room)).toString("base64")}"}`);
  }

  #list(values: Iterable<unknown>, depth: number): void {
    let empty = true;
    this.#put("[");
    for (const value of values) {
      this.#next(empty, depth + 1);
      empty = false;
      this.value(value, depth + 1);
    }
    this.#end(empty, depth, "]");
  }

  #members(entries: Iterable<readonly [string, unknown]>, depth: number): void {
    let empty = true;
    this.#put("{");
    for (const [key, value] of entries) {
      if (value === undefined) continue;
      this.#next(empty, depth + 1);
      empty = false;
      this.#string(key);
      this.#put(this.#style.indent > 0 ? ": " : ":");
      this.value(value, depth + 1);
    }
    this.#end(empty, depth, "}");
  }

  #next(first: boolean, depth: number): void {
    this.#put(`${first ? "" : ","}${this.#line(depth)}`);
  }

  #end(empty: boolean, depth: number, bracket: string): void {
    this.#put(`${empty ? "" : this.#line(depth)}${bracket}`);
  }

  #line(depth: number): string {
    return this.#style.indent > 0 ? `\n${" ".repeat(this.#style.indent * depth)}` : "";
  }
}
