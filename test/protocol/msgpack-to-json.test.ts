import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { msgpackToJson } from "../../protocol/msgpack-to-json.js";

const hex = (text: string): Uint8Array => Buffer.from(text.replaceAll(" ", ""), "hex");
const nested = (depth: number): Uint8Array => Buffer.concat([Buffer.alloc(depth, 0x91), Buffer.from([0xc0])]);

describe("values that any encoder may write", () => {
  const forms: [title: string, data: string, json: unknown][] = [
    ["an integer in a wider form than it needs", "d3 0000000000000001", 1],
    ["the largest integer that a JSON number holds", "cf 001fffffffffffff", 9007199254740991],
    ["the first that it does not", "cf 0020000000000000", { $int: "9007199254740992" }],
    ["the largest of all", "cf ffffffffffffffff", { $int: "18446744073709551615" }],
    ["the smallest of all", "d3 8000000000000000", { $int: "-9223372036854775808" }],
    ["int8", "d0 80", -128],
    ["int16", "d1 8000", -32768],
    ["int32", "d2 80000000", -2147483648],
    ["a float32", "ca 3fc00000", 1.5],
    ["an integral float", "cb 3ff0000000000000", { $float: "1" }],
    ["minus zero", "cb 8000000000000000", { $float: "-0" }],
    ["a NaN of any kind", "cb fff8000000000001", { $float: "NaN" }],
    ["an integral float that no JSON reader takes for an integer", "cb 43f0000000000000", 18446744073709551616],
    ["text in a wider form than it needs", "db 00000002 c3a9", "é"],
    ["text that begins with a byte order mark", "a4 efbbbf61", "\ufeffa"],
    ["an array in a wider form", "dd 00000001 c3", [true]],
    ["a map in a wider form", "df 00000001 a161 c2", { a: false }],
    ["a key that begins with a dollar", "81 a2 2461 01", { $$a: 1 }],
    ["a key that occurs twice", "82 a161 01 a161 02", { a: 2 }],
    [
      "a timestamp in a wider form than it needs",
      "c7 0c ff 00000000 0000000000000001",
      { $timestamp: "1970-01-01T00:00:01Z" },
    ],
    ["a handle", "c7 09 01 6c6f636b3a73312e34", { $handle: "lock:s1.4" }],
    ["a private value", "d7 02 92 a2 6a73 c4 02 0102", { $blob: { tag: "js", data: "AQI=" } }],
  ];
  for (const [title, data, json] of forms) test(title, () => assert.deepEqual(msgpackToJson(hex(data)), json));

  test("a __proto__ key is a member like any other", () => {
    const value = msgpackToJson(hex("81 a9 5f5f70726f746f5f5f 81 a1 61 01")) as Record<string, unknown>;
    assert.deepEqual(Object.keys(value), ["__proto__"]);
    assert.equal(Object.getPrototypeOf(value), Object.prototype);
    assert.equal(JSON.stringify(value), `{"__proto__":{"a":1}}`);
  });

  test("arrays nested 512 deep", () => assert.equal(JSON.stringify(msgpackToJson(nested(512))).length, 512 * 2 + 4));
});

describe("what is refused, and with which message", () => {
  const troubles: [title: string, data: Uint8Array, message: RegExp][] = [
    ["nothing", hex(""), /truncated data: 1 bytes expected at byte 0, 0 left/],
    ["a number that ends early", hex("cd 01"), /truncated data: 2 bytes expected at byte 1, 1 left/],
    ["text that ends early", hex("a5 61"), /truncated data/],
    [
      "an array of four thousand million elements in five bytes",
      hex("dd ffffffff"),
      /an? array of 4294967295 .* only 0 bytes follow/,
    ],
    ["a map with more entries than bytes", hex("8f a161 01"), /a map of 15 .* only 3 bytes follow/],
    ["bytes after the value", hex("01 02"), /1 bytes after its value/],
    ["the byte that msgpack never uses", hex("c1"), /byte 0xc1/],
    ["text that is not UTF-8", hex("a2 c328"), /text at byte 1 that is not UTF-8/],
    ["half a surrogate pair", hex("a3 eda080"), /not UTF-8/],
    ["a key that is an integer", hex("81 01 02"), /key that is int 1; keys must be text/],
    ["a key that is nil", hex("81 c0 02"), /key that is nil/],
    ["an unknown extension", hex("d4 05 00"), /extension type 5/],
    ["a handle of no kind", hex("d4 01 61"), /a handle that is none: "a"/],
    ["a handle that is not UTF-8", hex("d4 01 ff"), /not UTF-8/],
    ["a timestamp of an odd length", hex("d4 ff 00"), /a timestamp of 1 bytes/],
    ["a timestamp with too many nanoseconds", hex("d7 ff fffffffc 00000000"), /a timestamp of 8 bytes/],
    ["a private value that is no pair", hex("d4 02 c0"), /private value/],
    ["a private value with more after it", hex("d7 02 92 a1 61 c4 01 00 00 00"), /private value/],
    ["nesting beyond 512", nested(513), /nested deeper than 512/],
    ["nesting that would end the stack", nested(1_000_000), /nested deeper than 512/],
  ];
  for (const [title, data, message] of troubles) {
    test(title, () => assert.throws(() => msgpackToJson(data), { name: "Malformed", message }));
  }
});
