import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { jsonToMsgpack } from "../../protocol/json-to-msgpack.js";

const encoded = (value: unknown): string => Buffer.from(jsonToMsgpack(value).data).toString("hex");
const nested = (depth: number): unknown => JSON.parse("[".repeat(depth) + "]".repeat(depth));

describe("values that people write by hand", () => {
  const forms: [title: string, value: unknown, data: string][] = [
    ["a number without fraction is an integer, however written", JSON.parse("1e3"), "cd03e8"],
    ["minus zero keeps its sign", JSON.parse("-0"), "cb8000000000000000"],
    ["a small integer in the wrapper for large ones", { $int: "7" }, "07"],
    ["any number in the wrapper for floats", { $float: "1.5e3" }, "cb4097700000000000"],
    ["base64 without padding", { $bytes: "AQ" }, "c40101"],
    ["a time with an offset", { $timestamp: "1970-01-01T01:00:00+01:00" }, "d6ff00000000"],
    ["a small t and z", { $timestamp: "1970-01-01t00:00:00.5z" }, "d7ff7735940000000000"],
    ["an ordinary key that begins with a dollar", { $$int: "7" }, "81a424696e74a137"],
  ];
  for (const [title, value, data] of forms) test(title, () => assert.equal(encoded(value), data));
});

describe("what is refused, and with which message", () => {
  const troubles: [title: string, value: unknown, message: RegExp][] = [
    ["an integer that is no text", { $int: 7 }, /"\$int" expects decimal text .* got 7/],
    ["an integer beyond 64 bits", { $int: "18446744073709551616" }, /"\$int" expects/],
    ["an integer below 64 bits", { $int: "-9223372036854775809" }, /"\$int" expects/],
    ["a float that is no number", { $float: "one" }, /"\$float" expects/],
    ["a float in hexadecimal", { $float: "0x10" }, /"\$float" expects/],
    ["a float beyond float64", { $float: "1e999" }, /float64 can hold/],
    ["bytes that are not base64", { $bytes: "A*==" }, /"\$bytes" expects base64/],
    ["bytes of an impossible length", { $bytes: "AAAAA" }, /"\$bytes" expects base64/],
    ["a day that does not exist", { $timestamp: "2026-02-30T00:00:00Z" }, /"\$timestamp" expects RFC 3339/],
    ["a time without a zone", { $timestamp: "2026-02-03T00:00:00" }, /"\$timestamp" expects RFC 3339/],
    ["a handle of no kind", { $handle: "file:s1.1" }, /"\$handle" expects a handle/],
    ["a private value without data", { $blob: { tag: "js" } }, /"\$blob" expects/],
    ["a private value with null", { $blob: null }, /"\$blob" expects/],
    ["a form that does not exist", { $date: "today" }, /\{"\$date": …\} is no known form; write "\$\$date"/],
    ["a reserved key among others", { $int: "1", more: 2 }, /the key "\$int" is reserved: write "\$\$int"/],
    ["half a surrogate pair in text", "\ud800", /half of a surrogate pair/],
    ["half a surrogate pair in a key", { "\udc00": 1 }, /half of a surrogate pair/],
    ["half a surrogate pair in a handle", { $handle: "lock:@\ud800" }, /"\$handle" expects a handle/],
    ["what JSON does not have", { a: undefined }, /type undefined has no JSON form/],
    ["nesting beyond 512", nested(513), /nested deeper than 512/],
    ["nesting that would end the stack", nested(5000), /nested deeper than 512/],
  ];
  for (const [title, value, message] of troubles) {
    test(title, () => assert.throws(() => jsonToMsgpack(value), { name: "InvalidParams", message }));
  }

  test("a rejected value is quoted, but not without end", () => {
    assert.throws(
      () => jsonToMsgpack({ $bytes: "*".repeat(1e6) }),
      (error: Error) => error.message.length < 250,
    );
  });
});

test("nesting of 512 is allowed, wrappers not counted", () => {
  let value: unknown = { $int: "1" };
  for (let i = 0; i < 512; i++) value = i % 2 ? [value] : { a: value };
  assert.ok(jsonToMsgpack(value).data.length > 512);
});
