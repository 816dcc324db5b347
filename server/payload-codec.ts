import { jsonToPayload, payloadToJson } from "../protocol/values.js";
import type { PayloadCodec } from "./engine/payload-codec.js";

/** The codec for commands: items are values to be inserted into text, results are plain JSON. */
export const payloadCodec: PayloadCodec = {
  decode: (payload) => unwrap(payloadToJson(payload)),
  encode: (value) => jsonToPayload(value),
};

/**
 * Converts the wire's JSON form to plain text forms: `{"$float": "1"}` to 1, a large integer to its digits, bytes to
 * base64, a handle to its text.
 */
function unwrap(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
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
