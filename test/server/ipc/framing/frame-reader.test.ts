import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { PolyprocError } from "../../../../protocol/errors.js";
import { FrameReader } from "../../../../server/ipc/framing/frame-reader.js";

function frames(...bodies: Buffer[]): Buffer {
  return Buffer.concat(
    bodies.flatMap((body) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(body.length);
      return [length, body];
    }),
  );
}

test("bodies come out whole, in order, however the stream is cut", () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 40 })),
      fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }),
      (sent, cuts) => {
        const bodies = sent.map((body) => Buffer.from(body));
        const stream = frames(...bodies);
        const read: Buffer[] = [];
        const reader = new FrameReader((buffer, start, end) => read.push(Buffer.from(buffer.subarray(start, end))));
        for (let at = 0, i = 0; at < stream.length; i++) {
          const next = at + cuts[i % cuts.length]!;
          reader.push(stream.subarray(at, next));
          at = next;
        }
        assert.deepEqual(read, bodies);
        assert.ok(reader.atBoundary);
      },
    ),
  );
});

test("a body inside one chunk is not copied", () => {
  const chunk = frames(Buffer.alloc(100, 1), Buffer.alloc(200, 2));
  const seen: [ArrayBufferLike, number, number][] = [];
  new FrameReader((buffer, start, end) => seen.push([buffer.buffer, start, end])).push(chunk);
  assert.deepEqual(
    seen.map(([, start, end]) => [start, end]),
    [
      [4, 104],
      [108, 308],
    ],
  );
  assert.ok(seen.every(([buffer]) => buffer === chunk.buffer));
});

test("a length beyond the limit is refused at its header, with nothing allocated", () => {
  const reader = new FrameReader(() => assert.fail("nothing is complete"), 1000);
  const before = process.memoryUsage().arrayBuffers;
  assert.throws(
    () => reader.push(Buffer.from([0x7f, 0xff, 0xff, 0xff, 1, 2, 3])),
    (error) =>
      error instanceof PolyprocError &&
      error.codeName === "PayloadTooLarge" &&
      /2147483647 bytes is longer than the limit of 1000/.test(error.message),
  );
  assert.ok(process.memoryUsage().arrayBuffers - before < 1024 * 1024);
});

test("a body may raise the limit for the frames after it", () => {
  const read: number[] = [];
  const reader: FrameReader = new FrameReader((_buffer, start, end) => {
    read.push(end - start);
    reader.maxMessageBytes = 100;
  }, 10);
  reader.push(frames(Buffer.alloc(5), Buffer.alloc(50)));
  assert.deepEqual(read, [5, 50]);
});

test("nothing is handed on after a listener threw, or after stop", () => {
  let calls = 0;
  const failing = new FrameReader(() => {
    calls++;
    throw new Error("enough");
  });
  assert.throws(() => failing.push(frames(Buffer.alloc(1), Buffer.alloc(1))), /enough/);
  failing.push(frames(Buffer.alloc(1)));
  assert.equal(calls, 1);

  const stopping: FrameReader = new FrameReader(() => {
    calls++;
    stopping.stop();
  });
  stopping.push(frames(Buffer.alloc(1), Buffer.alloc(1)));
  assert.equal(calls, 2);
});

test("a large frame in small pieces costs no more for its size", () => {
  // Quadratic work would be 16,384 copies of up to 16 MiB: minutes.
  const body = Buffer.alloc(16 * 1024 * 1024, 3);
  const stream = frames(body);
  let done = 0;
  const reader = new FrameReader((buffer, start, end) => (done = end - start + (buffer[start] === 3 ? 0 : 1)));
  const before = process.cpuUsage();
  for (let at = 0; at < stream.length; at += 1024) reader.push(stream.subarray(at, at + 1024));
  assert.equal(done, body.length);
  const { user, system } = process.cpuUsage(before);
  assert.ok(user + system < 5_000_000);
});
