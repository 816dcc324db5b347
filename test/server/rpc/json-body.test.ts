import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseJsonBody, writeJsonBody } from "../../../server/rpc/json-body.js";

test("valid JSON is read as by JSON.parse", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
      assert.deepEqual(parseJsonBody(Buffer.from(JSON.stringify(value))), JSON.parse(JSON.stringify(value)));
    }),
  );
});

test("brackets inside text do not count as nesting, whatever escapes are around them", () => {
  for (const text of ["[".repeat(2000), '\\"[', '\\\\"', '{"'.repeat(1000), "\\"]) {
    assert.deepEqual(parseJsonBody(Buffer.from(JSON.stringify({ [text]: [text] }))), { [text]: [text] });
  }
});

test("an error says what is wrong", () => {
  const refused: [Buffer, string, RegExp][] = [
    [Buffer.from(""), "ParseError", /not JSON/],
    [Buffer.from("{"), "ParseError", /not JSON/],
    [Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), "ParseError", /UTF-8/],
    [Buffer.from("[".repeat(513) + "]".repeat(513)), "ParseError", /nest deeper than 512/],
    [Buffer.from(`[${"1,".repeat(1_000_001)}1]`), "PayloadTooLarge", /values/],
  ];
  for (const [body, codeName, message] of refused) assert.throws(() => parseJsonBody(body), { codeName, message });
  parseJsonBody(Buffer.from("[".repeat(512) + "]".repeat(512)));
});

test("a bigint outside a payload becomes the nearest number", () => {
  assert.equal(writeJsonBody({ data: { size: 2n ** 60n } }), `{"data":{"size":${2 ** 60}}}`);
});
