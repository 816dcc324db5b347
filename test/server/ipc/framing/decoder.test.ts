import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { PolyprocError } from "../../../../protocol/errors.js";
import { decodeMessage } from "../../../../server/ipc/framing/decoder.js";
import { maxDepth } from "../../../../server/ipc/framing/value-reader.js";
import { encodeMessage } from "../../encode-message.js";

function refuses(bytes: Buffer, codeName: string, text: RegExp): void {
  assert.throws(
    () => decodeMessage(bytes),
    (error) => error instanceof PolyprocError && error.codeName === codeName && text.test(error.message),
  );
}

test("random bytes are a value or a ParseError, never anything else", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        decodeMessage(Buffer.from(bytes));
      } catch (error) {
        assert.ok(error instanceof PolyprocError && error.codeName === "ParseError", String(error));
      }
    }),
    { numRuns: 2000 },
  );
});

test("each end of a message that was cut short is noticed", () => {
  const whole = encodeMessage({
    id: 1,
    method: "a".repeat(300),
    params: { list: [1, 70_000, -1e9, 1.5, 2n ** 60n], bytes: Buffer.alloc(300), flag: true },
  });
  for (let length = 0; length < whole.length; length++)
    refuses(whole.subarray(0, length), "ParseError", /ends in the middle/);
});

test("bytes after the message are an error", () =>
  refuses(Buffer.from([0x80, 0x80]), "ParseError", /1 bytes are left over/));

test("a length that cannot be true is refused before anything is allocated", () => {
  for (const token of [0xdd, 0xdf, 0xdb, 0xc6])
    refuses(Buffer.from([token, 0xff, 0xff, 0xff, 0xff, 0]), "ParseError", /ends in the middle/);
});

test("text that is not UTF-8 is an error, short or long, as a key or as a value", () => {
  refuses(Buffer.from([0xa2, 0xc3, 0x28]), "ParseError", /UTF-8/);
  refuses(Buffer.from([0x81, 0xa1, 0xff, 0xc0]), "ParseError", /UTF-8/);
  refuses(Buffer.concat([Buffer.from([0xd9, 100]), Buffer.alloc(100, 0x80)]), "ParseError", /UTF-8/);
});

test("keys must be text, and extension types are refused", () => {
  refuses(Buffer.from([0x81, 0x01, 0x01]), "ParseError", /key is not text/);
  refuses(Buffer.from([0xd4, 0x01, 0x00]), "ParseError", /extension/);
  refuses(Buffer.from([0xc1]), "ParseError", /0xc1/);
});

test("nesting is limited", () => {
  const nested = (depth: number) => Buffer.concat([Buffer.alloc(depth, 0x91), Buffer.from([0xc0])]);
  decodeMessage(nested(maxDepth));
  refuses(nested(maxDepth + 1), "ParseError", /nest deeper than 512/);
  refuses(nested(10_000), "ParseError", /nest deeper than 512/);
  // After a refusal the next message is read as ever.
  assert.equal(decodeMessage(Buffer.from([5])), 5);
});

test("a small message of very many values is refused", () => {
  const many = Buffer.alloc(1_500_005, 0x90);
  many.writeUInt8(0xdd, 0);
  many.writeUInt32BE(1_500_000, 1);
  refuses(many, "PayloadTooLarge", /values/);
});

test("a key named __proto__ is an ordinary member", () => {
  const map = decodeMessage(encodeMessage(JSON.parse(`{"__proto__": {"polluted": true}}`) as object)) as object;
  assert.deepEqual(Object.keys(map), ["__proto__"]);
  assert.equal(({} as { polluted?: boolean }).polluted, undefined);
});

test("text that shares a place in the cache is not mistaken for another", () => {
  const texts = Array.from({ length: 20_000 }, (_, i) => `k${i}`);
  for (const text of texts) assert.deepEqual(decodeMessage(encodeMessage({ [text]: text })), { [text]: text });
});

test("small bytes do not keep the chunk that they came in, large ones are not copied", () => {
  const chunk = Buffer.allocUnsafeSlow(64 * 1024);
  const small = encodeMessage({ bytes: Buffer.alloc(10, 1) });
  small.copy(chunk, 100);
  const kept = (decodeMessage(chunk, 100, 100 + small.length) as { bytes: Buffer }).bytes;
  assert.notEqual(kept.buffer, chunk.buffer);
  chunk.fill(0);
  assert.deepEqual(kept, Buffer.alloc(10, 1));

  const large = encodeMessage({ bytes: Buffer.alloc(40_000, 1) });
  large.copy(chunk);
  assert.equal((decodeMessage(chunk, 0, large.length) as { bytes: Buffer }).bytes.buffer, chunk.buffer);
});
