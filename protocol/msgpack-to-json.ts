import { toBase64 } from "./base64.js";
import { bigIntegerFromBytes, maxBigIntegerBytes } from "./big-integer.js";
import { malformed, MsgpackReader, type Token } from "./msgpack-reader.js";
import { formatTimestamp, timestampFromBytes } from "./timestamp.js";
import { extensions, isHandle, maxDepth } from "./value-forms.js";

/** The JSON form of one msgpack value. Fails with Malformed when the bytes are not exactly one value of the model. */
export function msgpackToJson(data: Uint8Array): unknown {
  return readAll(data, wrapBytes);
}

/** As `msgpackToJson`, but bytes stay a Uint8Array, which shares memory with `data`. */
export function msgpackToJsonAndBytes(data: Uint8Array): unknown {
  return readAll(data, (bytes) => bytes);
}

/** What becomes of bytes. */
type OfBytes = (bytes: Uint8Array) => unknown;

function wrapBytes(bytes: Uint8Array): unknown {
  return { $bytes: toBase64(bytes) };
}

function readAll(data: Uint8Array, ofBytes: OfBytes): unknown {
  const reader = new MsgpackReader(data);
  const value = readValue(reader, 0, ofBytes);
  if (reader.left > 0) throw malformed(`${reader.left} bytes after its value`);
  return value;
}

function readValue(reader: MsgpackReader, depth: number, ofBytes: OfBytes): unknown {
  const token = reader.token();
  switch (token.type) {
    case "nil":
      return null;
    case "bool":
      return token.value;
    case "int":
      return typeof token.value === "number" ? token.value : { $int: String(token.value) };
    case "float":
      return floatToJson(token.value);
    case "str":
      return reader.text(token.length);
    case "bin":
      return ofBytes(reader.bytes(token.length));
    case "ext":
      return readExtension(reader, token.ext, token.length);
    case "array": {
      checkDepth(depth);
      const items: unknown[] = [];
      for (let i = 0; i < token.count; i++) items.push(readValue(reader, depth + 1, ofBytes));
      return items;
    }
    case "map": {
      checkDepth(depth);
      const object: Record<string, unknown> = {};
      for (let i = 0; i < token.count; i++) setMember(object, readKey(reader), readValue(reader, depth + 1, ofBytes));
      return object;
    }
  }
}

/**
 * A number in JSON reads back as an integer when it has no fraction, so such floats need the wrapper; so do those JSON
 * lacks.
 */
function floatToJson(value: number): unknown {
  if (Object.is(value, -0)) return { $float: "-0" };
  return Number.isSafeInteger(value) || !Number.isFinite(value) ? { $float: String(value) } : value;
}

function readKey(reader: MsgpackReader): string {
  const token = reader.token();
  if (token.type !== "str") throw malformed(`a map with a key that is ${describe(token)}; keys must be text`);
  const key = reader.text(token.length);
  return key.startsWith("$") ? `$${key}` : key;
}

function setMember(object: Record<string, unknown>, key: string, value: unknown): void {
  // Plain assignment to `__proto__` would change the prototype instead of adding a member.
  if (key === "__proto__")
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  else object[key] = value;
}

function readExtension(reader: MsgpackReader, ext: number, length: number): unknown {
  const body = reader.bytes(length);
  switch (ext) {
    case extensions.handle: {
      const text = new MsgpackReader(body).text(body.length);
      if (!isHandle(text)) throw malformed(`a handle that is none: ${JSON.stringify(text.slice(0, 80))}`);
      return { $handle: text };
    }
    case extensions.blob:
      return { $blob: readBlob(body) };
    case extensions.bigInteger:
      if (length === 0 || length > maxBigIntegerBytes)
        throw malformed(`a big integer of ${length} bytes; it has 1 to ${maxBigIntegerBytes}`);
      return { $bigint: String(bigIntegerFromBytes(body)) };
    case extensions.timestamp: {
      const timestamp = timestampFromBytes(body);
      if (!timestamp) throw malformed(`a timestamp of ${length} bytes that is none of msgpack's three forms`);
      return { $timestamp: formatTimestamp(timestamp) };
    }
    default:
      throw malformed(
        `extension type ${ext}; this protocol has 1 (handle), 2 (private value), 3 (big integer) and -1 (timestamp)`,
      );
  }
}

function readBlob(body: Uint8Array): { tag: string; data: string } {
  const reader = new MsgpackReader(body);
  const pair = reader.token();
  if (pair.type === "array" && pair.count === 2) {
    const tag = reader.token();
    if (tag.type === "str") {
      const name = reader.text(tag.length);
      const bin = reader.token();
      if (bin.type === "bin" && bin.length === reader.left)
        return { tag: name, data: toBase64(reader.bytes(bin.length)) };
    }
  }
  throw malformed("a private value (extension 2) whose body is not [tag text, bytes]");
}

function checkDepth(depth: number): void {
  if (depth >= maxDepth) throw malformed(`arrays and maps nested deeper than ${maxDepth}`);
}

function describe(token: Token): string {
  return token.type === "int" || token.type === "float" || token.type === "bool"
    ? `${token.type} ${token.value}`
    : token.type;
}
