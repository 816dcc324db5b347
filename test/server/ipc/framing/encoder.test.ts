import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Unpackr, type Options } from "msgpackr";
import { decodeMessage } from "../../../../server/ipc/framing/decoder.js";
import { FrameEncoder } from "../../../../server/ipc/framing/encoder.js";
import { encodeMessage } from "../../encode-message.js";

const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true, int64AsType: "auto" } as unknown as Options);

const scalar = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.maxSafeInteger(),
  fc.integer({ min: -300, max: 70_000 }),
  fc.double({ noNaN: true }),
  fc.bigInt({ min: 2n ** 53n + 1n, max: 2n ** 64n - 1n }),
  fc.bigInt({ min: -(2n ** 63n), max: -(2n ** 53n) - 1n }),
  fc.string({ unit: "grapheme", maxLength: 300 }),
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
);
const value = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    scalar,
    fc.array(tie("value")),
    fc.dictionary(
      fc.string({ unit: "grapheme" }).filter((key) => key !== "__proto__"),
      tie("value"),
      { noNullPrototype: true },
    ),
  ),
})).value;

test("what it writes reads back the same, by our decoder and by another library's", () => {
  fc.assert(
    fc.property(value, (sent) => {
      const bytes = encodeMessage({ sent });
      assert.deepEqual(decodeMessage(bytes), { sent });
      assert.deepEqual(unpackr.unpack(bytes), { sent });
    }),
  );
});

test("negative zero and the numbers that are no numbers stay floats", () => {
  const sent = [-0, NaN, Infinity, -Infinity, 1e300, 2 ** 53, -(2 ** 53)];
  const [...read] = (decodeMessage(encodeMessage({ sent })) as { sent: number[] }).sent;
  assert.equal(read.length, sent.length);
  read.forEach((number, i) => assert.ok(Object.is(number, sent[i]), `${sent[i]} came back as ${number}`));
});

test("lengths at the edges of each form survive", () => {
  for (const length of [0, 15, 16, 31, 32, 39, 40, 255, 256, 16_383, 16_384, 65_535, 65_536]) {
    const sent = {
      text: "é".repeat(length),
      ascii: "a".repeat(length),
      bytes: Buffer.alloc(length, 7),
      list: new Array(length).fill(1),
    };
    assert.deepEqual(decodeMessage(encodeMessage(sent)), sent, `length ${length}`);
  }
});

test("members that are undefined are left out", () => {
  assert.deepEqual(decodeMessage(encodeMessage({ id: 1, params: undefined })), { id: 1 });
});

test("a message that cannot be encoded leaves the frames before it whole", () => {
  const encoder = new FrameEncoder();
  encoder.frame({ id: 1 });
  assert.throws(
    () => encoder.frame({ big: "x".repeat(100_000), bytes: Buffer.alloc(50_000), wrong: () => 1 }),
    TypeError,
  );
  encoder.frame({ id: 2 });
  const stream = Buffer.concat(encoder.take());
  assert.deepEqual(stream, Buffer.concat([frame({ id: 1 }), frame({ id: 2 })]));
});

test("large bytes are handed on without a copy", () => {
  const large = Buffer.alloc(1024 * 1024, 1);
  const encoder = new FrameEncoder();
  encoder.frame({ large });
  assert.ok(encoder.take().some((piece) => piece.buffer === large.buffer));
});

test("frames of many blocks come out in order and complete", () => {
  const encoder = new FrameEncoder();
  const messages = Array.from({ length: 3000 }, (_, id) => ({
    id,
    text: "x".repeat(id % 200),
    bytes: Buffer.alloc((id * 37) % 30_000, id),
  }));
  const pieces: Buffer[] = [];
  for (const message of messages) {
    encoder.frame(message);
    // Now and then the bytes go away and the block is used again.
    if (message.id % 100 === 0) {
      pieces.push(Buffer.concat(encoder.take()));
      encoder.reuse();
    }
  }
  pieces.push(...encoder.take());
  assert.deepEqual(Buffer.concat(pieces), Buffer.concat(messages.map(frame)));
});

function frame(message: object): Buffer {
  const body = encodeMessage(message);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  return Buffer.concat([length, body]);
}
