import { msgpackToJson } from "./msgpack-to-json.js";
import { jsonToMsgpack } from "./json-to-msgpack.js";
import { payloadData, type Payload } from "./schema.js";

/**
 * The value model. Each value has one form in msgpack and one in JSON, so conversion is lossless in both directions:
 *
 * | value | msgpack | JSON |
 * |---|---|---|
 * | nil, bool, string, array | their own | their own |
 * | integer, -2^63 … 2^64-1 | int | number, or `{"$int": "123…"}` beyond ±(2^53-1) |
 * | big integer, up to 1024 bytes | ext 3, two's complement | `{"$bigint": "123…"}` |
 * | float64 | float | number, or `{"$float": "1"}` when integral within ±(2^53-1), -0, NaN, Infinity, -Infinity |
 * | bytes | bin | `{"$bytes": "base64"}` |
 * | map, keys are text | map | object; a key that begins with `$` gets one more `$` |
 * | timestamp | ext -1 | `{"$timestamp": "2026-01-31T12:00:00.5Z"}` |
 * | handle | ext 1, its text | `{"$handle": "lock:s1.2"}` |
 * | private value of a language | ext 2, `[tag, bin]` | `{"$blob": {"tag": "python/pickle", "data": "base64"}}` |
 */
export function payloadToJson(payload: Payload): unknown {
  return msgpackToJson(payloadData(payload));
}

/** The payload of a JSON value, with its handles listed beside it. Throws InvalidParams if it has no msgpack form. */
export function jsonToPayload(value: unknown): Payload {
  const { data, handles } = jsonToMsgpack(value);
  return handles.length === 0 ? data : [data, handles];
}
