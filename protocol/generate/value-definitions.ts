import type { JsonSchema } from "@valibot/to-json-schema";

function wrapper(key: string, inner: JsonSchema, description: string): JsonSchema {
  return { type: "object", properties: { [key]: inner }, required: [key], additionalProperties: false, description };
}

/** The forms of values that payloads are made of, on the JSON door. */
export const valueDefinitions: Record<string, JsonSchema> = {
  Payload: {
    description:
      "Any value in its JSON form; on msgpack doors its msgpack encoding as a `bin`, or `[bin, [handle, " +
      "…]]` when handles occur inside.",
    anyOf: [
      { type: ["null", "boolean", "number", "string"] },
      { type: "array", items: { $ref: "#/$defs/Payload" } },
      { $ref: "#/$defs/BigInteger" },
      { $ref: "#/$defs/TypedBigInteger" },
      { $ref: "#/$defs/Float" },
      { $ref: "#/$defs/Bytes" },
      { $ref: "#/$defs/Timestamp" },
      { $ref: "#/$defs/HandleReference" },
      { $ref: "#/$defs/Blob" },
      {
        type: "object",
        description: "A map; a key of its own that begins with `$` is written with one more `$`.",
        propertyNames: { pattern: "^(?!\\$(?!\\$))" },
        additionalProperties: { $ref: "#/$defs/Payload" },
      },
    ],
  },
  BigInteger: wrapper(
    "$int",
    { type: "string", pattern: "^-?[0-9]{1,20}$" },
    "An integer of -2^63 … 2^64-1, for those beyond ±(2^53-1).",
  ),
  TypedBigInteger: wrapper(
    "$bigint",
    { type: "string", pattern: "^(0|-?[1-9][0-9]*)$" },
    "An integer of a type that holds any size, such as JavaScript's bigint: up to 1024 bytes in two's complement.",
  ),
  Float: wrapper(
    "$float",
    { type: "string", pattern: "^(NaN|-?Infinity|-?[0-9]+(\\.[0-9]+)?([eE][+-]?[0-9]+)?)$" },
    "A float64 that a JSON number cannot tell from an integer, or cannot write.",
  ),
  Bytes: wrapper("$bytes", { type: "string", contentEncoding: "base64" }, "Bytes."),
  Timestamp: wrapper(
    "$timestamp",
    { type: "string" },
    "RFC 3339 with up to 9 digits of fraction, or `@SECONDS.FRACTION` since 1970 outside the years 0000 … 9999.",
  ),
  HandleReference: wrapper(
    "$handle",
    { type: "string" },
    "A handle inside a value. The session that receives it gets a reference to the object.",
  ),
  Blob: wrapper(
    "$blob",
    {
      type: "object",
      properties: { tag: { type: "string" }, data: { type: "string", contentEncoding: "base64" } },
      required: ["tag", "data"],
      additionalProperties: false,
    },
    "A private value of one language, named by its tag; others pass it along unopened.",
  ),
};
