import { jsonToPayload, payloadToJson } from "../protocol/values.js";
import type { PayloadCodec } from "./engine/payload-codec.js";

/** For commands: their items are values to be put into text, their results are plain JSON. */
export const payloadCodec: PayloadCodec = {
  decode: (payload) => unwrap(payloadToJson(payload)),
  encode: (value) => jsonToPayload(value),
};

/**
 * From the wire's JSON form to what a person would write: `{"$float": "1"}` is 1, a large integer its digits, bytes are
 * base64, a handle is its text.
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
