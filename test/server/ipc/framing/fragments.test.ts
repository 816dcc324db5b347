import assert from "node:assert/strict";
import { Duplex } from "node:stream";
import { test } from "node:test";
import { PolyprocError } from "../../../../protocol/errors.js";
import { decodeMessage } from "../../../../server/ipc/framing/decoder.js";
import { fragmentBit, fragmentBytes, fragmentedBytes } from "../../../../server/ipc/framing/fragments.js";
import { FrameReader } from "../../../../server/ipc/framing/frame-reader.js";
import { FrameWriter } from "../../../../server/ipc/framing/frame-writer.js";
import type { LargeIntake, MessageId } from "../../../../server/ipc/framing/large-message.js";

/** An intake with room for everything up to its limit, unless `room` is held back. */
class Intake implements LargeIntake {
  maxPayloadBytes = 1 << 26;
  readonly option = "--option";
  readonly refusals: [MessageId, PolyprocError][] = [];
  /** Set it to have messages wait. */
  waits = false;
  settle: (error: PolyprocError | null) => void = () => {};
  reserved = 0;
  released = 0;
  came = 0;
  failAt = Infinity;

  reserve(bytes: number, settled: (error: PolyprocError | null) => void) {
    this.reserved += bytes;
    if (this.waits) this.settle = settled;
    else settled(null);
    return {
      came: (some: number) => {
        this.came += some;
        if (this.came > this.failAt) throw new PolyprocError("Overloaded", "too slow");
      },
      release: () => {
        this.released += bytes;
      },
    };
  }

  refused(id: MessageId, error: PolyprocError): void {
    if (id === null) throw error;
    this.refusals.push([id, error]);
  }
}

function readerOf(intake: Intake | null = new Intake(), maxMessageBytes?: number) {
  const bodies: Buffer[] = [];
  const reader = new FrameReader(
    (buffer, start, end) => bodies.push(Buffer.from(buffer.subarray(start, end))),
    maxMessageBytes,
    intake,
  );
  return { reader, bodies, intake: intake! };
}

function frame(body: Uint8Array | string): Buffer {
  const bytes = Buffer.from(body as string);
  const prefix = Buffer.alloc(4);
  prefix.writeUInt32BE(bytes.length);
  return Buffer.concat([prefix, bytes]);
}

function fragment(...parts: (Uint8Array | string)[]): Buffer {
  const bytes = Buffer.concat(parts.map((part) => Buffer.from(part as string)));
  const prefix = Buffer.alloc(4);
  prefix.writeUInt32BE(fragmentBit + bytes.length);
  return Buffer.concat([prefix, bytes]);
}

/** `id`: msgpack. */
function head(bytes: number | bigint, id: number[] = [7]): Buffer {
  const fixed = Buffer.alloc(10);
  fixed.writeBigUInt64BE(BigInt(bytes));
  fixed.writeUInt16BE(id.length, 8);
  return Buffer.concat([fixed, Buffer.from(id)]);
}

test("fragments are joined, wherever the stream was cut, and whole frames pass between them", () => {
  const stream = Buffer.concat([
    frame("one"),
    fragment(head(10), "abc"),
    frame("two"),
    frame("three"),
    fragment("defg"),
    fragment("hij"),
    frame("four"),
  ]);
  for (let size = 1; size <= stream.length; size++) {
    const { reader, bodies, intake } = readerOf();
    for (let at = 0; at < stream.length; at += size) reader.push(Buffer.from(stream.subarray(at, at + size)));
    assert.deepEqual(bodies.map(String), ["one", "two", "three", "abcdefghij", "four"]);
    assert.ok(reader.atBoundary);
    assert.equal(reader.handed, stream.length);
    assert.equal(intake.released, 10);
  }
});

test("the bytes of a fragment can be read straight to where they belong", () => {
  const { reader, bodies } = readerOf();
  reader.push(fragment(head(6)));
  reader.push(Buffer.from([0x80, 0, 0, 4]));
  const place = reader.rest()!;
  assert.equal(place.length, 4);
  place.write("abcd");
  reader.restRead(3);
  assert.equal(reader.rest()!.length, 1);
  reader.restRead(1);
  assert.equal(reader.rest(), null);
  reader.push(fragment("ef"));
  assert.deepEqual(bodies.map(String), ["abcdef"]);
});

const contradictions: [string, Buffer[], RegExp][] = [
  ["a fragment without bytes", [fragment(head(5), "ab"), fragment()], /a fragment of 0 bytes/],
  ["a first fragment without bytes", [fragment()], /a fragment of 0 bytes/],
  [
    "a fragment beyond the message's length",
    [fragment(head(5), "ab"), fragment("cdef")],
    /a fragment of 4 bytes, where 3 bytes of the message are left/,
  ],
  [
    "a first fragment beyond the message's length",
    [fragment(head(5), "abcdef")],
    /more bytes than the 5 that its head announced/,
  ],
  [
    "a message within a message",
    [fragment(head(12), "ab"), fragment(head(5), "abcde")],
    /a fragment of 16 bytes, where 10 bytes/,
  ],
  ["a head that is cut off", [fragment(head(5).subarray(0, 9))], /ends inside its head/],
  ["an id that is cut off", [fragment(head(5, [0xa3, 0x61, 0x62, 0x63]).subarray(0, 12))], /ends inside its head/],
  ["a head without an id", [fragment(head(5, []), "abcde")], /a head without an id/],
  ["an id of another type", [fragment(head(5, [0xc3]), "abcde")], /whose id is neither a number, a string nor nil/],
  ["an id that is no msgpack", [fragment(head(5, [0xc1]), "abcde")], /not a msgpack message/],
  ["an empty message", [fragment(head(0), "a")], /a message of 0 bytes/],
];

for (const [what, stream, why] of contradictions) {
  test(`${what} ends the stream, and its memory is released`, () => {
    const { reader, bodies, intake } = readerOf();
    assert.throws(() => {
      for (const chunk of stream) reader.push(chunk);
    }, why);
    assert.equal(intake.released, intake.reserved);
    reader.push(frame("more"));
    assert.deepEqual(bodies, []);
  });
}

test("a fragment is no longer than any frame, and none is read where there is no intake or it is not open", () => {
  assert.throws(() => readerOf(new Intake(), 20).reader.push(fragment(head(1000), "0123456789")), {
    codeName: "PayloadTooLarge",
  });
  assert.throws(() => readerOf(null).reader.push(fragment(head(5), "abcde")), /before initialize/);
  const closed = new Intake();
  closed.maxPayloadBytes = 0;
  assert.throws(() => readerOf(closed).reader.push(fragment(head(5), "abcde")), /before initialize/);
});

test("a message that is too large is refused by its id, its bytes are skipped, and what follows is read", () => {
  const { reader, bodies, intake } = readerOf();
  intake.maxPayloadBytes = 8;
  reader.push(
    Buffer.concat([fragment(head(9, [0xa2, 0x69, 0x64]), "abc"), frame("between"), fragment("defghi"), frame("after")]),
  );
  assert.deepEqual(bodies.map(String), ["between", "after"]);
  const [[id, error]] = intake.refusals as [[MessageId, PolyprocError]];
  assert.equal(id, "id");
  assert.equal(error.codeName, "PayloadTooLarge");
  assert.match(error.message, /a message of 9 bytes is longer than the limit of 8 bytes.*--option/);
  assert.ok(reader.atBoundary);
  assert.equal(intake.reserved, 0);
});

test("a length beyond what any memory holds is refused like any other", () => {
  const { reader, bodies, intake } = readerOf();
  intake.maxPayloadBytes = Number.MAX_SAFE_INTEGER;
  reader.push(fragment(head(0xffff_ffff_ffff_ffffn), "abc"));
  assert.equal(intake.refusals[0]![1].codeName, "PayloadTooLarge");
  reader.push(frame("after"));
  assert.deepEqual(bodies.map(String), ["after"]);
});

test("a notification that is too large ends the stream, because it has no id to answer", () => {
  const { reader, intake } = readerOf();
  intake.maxPayloadBytes = 8;
  assert.throws(() => reader.push(fragment(head(9, [0xc0]), "abc")), { codeName: "PayloadTooLarge" });
});

test("while a message waits for room nothing is read; afterwards everything is, in order", () => {
  const { reader, bodies, intake } = readerOf();
  intake.waits = true;
  reader.push(Buffer.concat([fragment(head(6), "abc"), frame("between")]));
  assert.ok(reader.resting);
  assert.equal(reader.rest(), null);
  reader.push(Buffer.concat([fragment("def"), frame("after")]));
  assert.deepEqual(bodies, []);
  intake.settle(null);
  reader.resume();
  assert.ok(!reader.resting);
  assert.deepEqual(bodies.map(String), ["between", "abcdef", "after"]);
});

test("a message that gets no room in time, or loses its room, is refused, and the next one is read", () => {
  const { reader, bodies, intake } = readerOf();
  intake.waits = true;
  reader.push(Buffer.concat([fragment(head(6), "abc"), fragment("def"), frame("after")]));
  intake.settle(new PolyprocError("Overloaded", "full"));
  reader.resume();
  intake.waits = false;
  intake.failAt = 4;
  reader.push(Buffer.concat([fragment(head(6, [8]), "abc"), fragment("def"), frame("end")]));
  assert.deepEqual(bodies.map(String), ["after", "end"]);
  assert.deepEqual(
    intake.refusals.map(([id, error]) => [id, error.codeName]),
    [
      [7, "Overloaded"],
      [8, "Overloaded"],
    ],
  );
  assert.equal(intake.released, intake.reserved);
});

test("a stream that ends within a message is not at a boundary, and its memory is released", () => {
  const { reader, intake } = readerOf();
  reader.push(fragment(head(600), "abc"));
  assert.ok(!reader.atBoundary);
  reader.stop();
  assert.equal(intake.released, 600);
});

/** A stream that takes one write at a time, when the test asks it to. */
class Slow extends Duplex {
  readonly written: Buffer[] = [];
  #done: (() => void) | null = null;

  override _read(): void {}

  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    for (const { chunk } of chunks) this.written.push(Buffer.from(chunk));
    this.#done = done;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this._writev([{ chunk }], done);
  }

  /** Until nothing is left. */
  async takeAll(): Promise<void> {
    while (this.#done) {
      const done = this.#done;
      this.#done = null;
      done();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  get bytes(): number {
    return this.written.reduce((sum, chunk) => sum + chunk.length, 0);
  }

  messages(): { id?: number; data?: Buffer }[] {
    const read: { id?: number; data?: Buffer }[] = [];
    const reader = new FrameReader(
      (buffer, start, end) => read.push(decodeMessage(buffer, start, end) as object),
      undefined,
      new Intake(),
    );
    for (const chunk of this.written) reader.push(chunk);
    assert.ok(reader.atBoundary);
    return read;
  }
}

test("a large message is sent in fragments without a copy; only urgent messages overtake it", async () => {
  const stream = new Slow();
  const writer = new FrameWriter(stream);
  writer.useFragments(1 << 26);
  const data = Buffer.alloc(3 * fragmentBytes, 5);
  writer.write({ id: 1 });
  writer.write({ id: 2, data });
  writer.write({ id: 3 });
  writer.write({ id: 4, data });
  writer.write({ id: 5 });
  writer.write({ id: 6 }, "ahead");
  writer.flush();
  assert.ok(writer.holds);
  assert.ok(writer.backlogBytes > 6 * fragmentBytes);
  assert.ok(writer.frameBacklogBytes < 2 * fragmentBytes);
  // No more was handed over than one fragment: the rest has not even been cut.
  assert.ok(stream.bytes + stream.writableLength < 1.1 * fragmentBytes);
  writer.write({ id: 7 }, "ahead");
  await stream.takeAll();
  assert.deepEqual(
    stream.messages().map(({ id }) => id),
    [1, 6, 7, 2, 3, 4, 5],
  );
  assert.deepEqual(stream.messages()[3]!.data, data);
  assert.ok(!writer.holds);
  assert.equal(writer.backlogBytes, 0);
  writer.write({ id: 8 });
  writer.flush();
  await stream.takeAll();
  assert.equal(stream.messages().at(-1)!.id, 8);
});

test("a message of many small values is sent in fragments; its memory is reused only after it was sent", async () => {
  const stream = new Slow();
  const writer = new FrameWriter(stream);
  writer.useFragments(1 << 26);
  const texts = Array.from({ length: 60_000 }, (_, i) => `text number ${i} ${"x".repeat(40)}`);
  writer.write({ id: 1, texts });
  writer.flush();
  for (let id = 2; id < 40; id++) {
    writer.write({ id, text: "y".repeat(1000) }, "ahead");
    writer.flush();
  }
  await stream.takeAll();
  assert.deepEqual((stream.messages().find(({ id }) => id === 1) as { texts?: string[] }).texts, texts);
});

test("a fragment is no longer than the frames that the other side reads", async () => {
  const stream = new Slow();
  const writer = new FrameWriter(stream);
  writer.useFragments(1024);
  writer.write({ id: 300, data: Buffer.alloc(5000, 1) });
  writer.flush();
  await stream.takeAll();
  const { reader, bodies } = readerOf(new Intake(), 1024);
  for (const chunk of stream.written) reader.push(chunk);
  assert.deepEqual(
    bodies.map((body) => (decodeMessage(body) as { id: number }).id),
    [300],
  );
});

test("without fragments a message is one frame, as long as a frame can be", () => {
  const writer = new FrameWriter(new Slow());
  writer.write({ id: 1, data: Buffer.alloc(fragmentedBytes + 1) });
  assert.ok(!writer.holds);
});

test("close ends the stream after the rest was sent, or at once", async () => {
  for (const now of [false, true]) {
    const stream = new Slow();
    const writer = new FrameWriter(stream);
    writer.useFragments(1 << 26);
    writer.write({ id: 1, data: Buffer.alloc(3 * fragmentBytes) });
    writer.flush();
    if (now) {
      writer.write({ id: 2 }, "ahead");
      writer.endNow();
    } else {
      writer.end();
    }
    await stream.takeAll();
    assert.ok(stream.writableEnded);
    if (now) assert.ok(stream.bytes < 1.1 * fragmentBytes);
    else
      assert.deepEqual(
        stream.messages().map(({ id }) => id),
        [1],
      );
  }
});
