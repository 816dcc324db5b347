import assert from "node:assert/strict";
import { Duplex } from "node:stream";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { decodeMessage } from "../../../../server/ipc/framing/decoder.js";
import { FrameReader } from "../../../../server/ipc/framing/frame-reader.js";
import { waitFor } from "../../../deadline.js";
import { FrameWriter } from "../../../../server/ipc/framing/frame-writer.js";

/** A stream that records its writes, and takes them only when the test asks it to. */
class Slow extends Duplex {
  readonly writes: Buffer[] = [];
  #waiting: (() => void)[] = [];
  #open: boolean;

  constructor(open: boolean) {
    super({ highWaterMark: 16 * 1024 });
    this.#open = open;
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.writes.push(Buffer.from(chunk));
    if (this.#open) done();
    else this.#waiting.push(done);
  }

  open(): void {
    this.#open = true;
    for (const done of this.#waiting.splice(0)) done();
  }

  messages(): unknown[] {
    const read: unknown[] = [];
    const reader = new FrameReader((buffer, start, end) => read.push(decodeMessage(buffer, start, end)));
    for (const write of this.writes) reader.push(write);
    assert.ok(reader.atBoundary);
    return read;
  }
}

test("the frames of one tick are one write", async () => {
  const stream = new Slow(true);
  const writer = new FrameWriter(stream);
  for (let id = 0; id < 100; id++) writer.write({ id });
  assert.equal(stream.writes.length, 0);
  await nextTurn();
  assert.equal(stream.writes.length, 1);
  assert.deepEqual(
    stream.messages(),
    Array.from({ length: 100 }, (_, id) => ({ id })),
  );
});

test("flush hands over at once", () => {
  const stream = new Slow(true);
  const writer = new FrameWriter(stream);
  writer.write({ id: 1 });
  writer.flush();
  assert.equal(stream.writes.length, 1);
});

test("a large amount is written before the tick ends", () => {
  const stream = new Slow(true);
  const writer = new FrameWriter(stream);
  for (let id = 0; id < 20; id++) writer.write({ id, bytes: Buffer.alloc(10_000) });
  assert.ok(stream.writes.length >= 2);
});

test("unsent bytes are counted, stay intact, and drain is reported", async () => {
  const stream = new Slow(false);
  const writer = new FrameWriter(stream);
  const sent = Array.from({ length: 500 }, (_, id) => ({ id, text: "x".repeat(1000) }));
  for (const message of sent) {
    writer.write(message);
    if (message.id % 7 === 0) writer.flush();
  }
  writer.flush();
  assert.ok(writer.backlogBytes > 500_000, String(writer.backlogBytes));
  let drained = 0;
  writer.onDrain(() => drained++);
  await nextTurn();
  assert.equal(drained, 0);
  stream.open();
  await nextTurn();
  assert.equal(drained, 1);
  assert.equal(writer.backlogBytes, 0);
  assert.deepEqual(stream.messages(), sent);
});

test("an onDrain with nothing to drain is called in the next turn", async () => {
  const writer = new FrameWriter(new Slow(true));
  let drained = 0;
  writer.onDrain(() => drained++);
  assert.equal(drained, 0);
  await nextTurn();
  await nextTurn();
  assert.equal(drained, 1);
});

test("writing to a destroyed stream does nothing", async () => {
  const stream = new Slow(true);
  const writer = new FrameWriter(stream);
  stream.destroy();
  writer.write({ id: 1 });
  await nextTurn();
  assert.equal(stream.writes.length, 0);
  assert.equal(writer.backlogBytes, 0);
});

test("an unhurried frame is sent with the next frame, before it", async () => {
  const stream = new Slow(true);
  const writer = new FrameWriter(stream);
  // In one tick: on a busy machine the next one may come after the time that such a frame waits for company.
  writer.write({ n: 1 }, "later");
  await Promise.resolve();
  assert.equal(stream.writes.length, 0);
  writer.write({ n: 2 });
  await nextTurn();
  assert.equal(stream.writes.length, 1);
  assert.deepEqual(stream.messages(), [{ n: 1 }, { n: 2 }]);
});

test("an unhurried frame is sent soon in any case", async () => {
  const stream = new Slow(true);
  new FrameWriter(stream).write({ n: 1 }, "later");
  await waitFor(() => stream.writes.length === 1);
  assert.deepEqual(stream.messages(), [{ n: 1 }]);
});
