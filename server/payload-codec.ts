import { PolyprocError } from "../protocol/errors.js";
import { MsgpackReader } from "../protocol/msgpack-reader.js";
import { payloadData } from "../protocol/payload.js";
import { msgpackToJsonAndBytes } from "../protocol/msgpack-to-json.js";
import { jsonToPayload } from "../protocol/values.js";
import type { PayloadCodec } from "./engine/payload-codec.js";

/** The codec for commands: items are values to be inserted into text, results are plain JSON. */
export const payloadCodec: PayloadCodec = {
  decode: (payload) => unwrap(msgpackToJsonAndBytes(payloadData(payload))),
  encode: (value) => jsonToPayload(value),
  toBytes(payload) {
    const data = payloadData(payload);
    const reader = new MsgpackReader(data);
    const token = reader.token();
    if ((token.type === "bin" || token.type === "str") && token.length === reader.left)
      return data.subarray(data.length - token.length);
    throw new PolyprocError("InvalidParams", `data: expected bytes or a text, got a value of type ${token.type}`);
  },
  fromBytes(pieces) {
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
    const head = Buffer.alloc(5);
    head[0] = 0xc6; // bin 32
    head.writeUInt32BE(length, 1);
    return Buffer.concat([head, ...pieces], head.length + length);
  },
};

/**
 * Converts the wire's JSON form to plain text forms: `{"$float": "1"}` to 1, a large integer to its digits, a handle to
 * its text. Bytes stay bytes.
 */
function unwrap(value: unknown): unknown {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map(unwrap);
  const entries = Object.entries(value);
  const [key, inner] = entries[0] ?? [];
  if (entries.length === 1 && key?.startsWith("$") && !key.startsWith("$$")) {
    if (key === "$float") return Number(inner);
    return inner;
  }
  return Object.fromEntries(
    entries.map(([name, member]) => [name.startsWith("$$") ? name.slice(1) : name, unwrap(member)]),
  );
}
