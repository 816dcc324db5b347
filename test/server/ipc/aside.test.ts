import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { Aside } from "../../../server/ipc/aside.js";

/** What a host writes: how much it had sent before, then a frame. */
function record(after: number, text: string): Buffer {
  const body = Buffer.from(text);
  const head = Buffer.alloc(12);
  head.writeBigUInt64BE(BigInt(after));
  head.writeUInt32BE(body.length, 8);
  return Buffer.concat([head, body]);
}

function setUp() {
  const pipe: Buffer[] = [];
  const handedOn: string[] = [];
  const aside = new Aside(
    () => (pipe.length > 0 ? Buffer.concat(pipe.splice(0)) : null),
    (buffer, start, end) => void handedOn.push(buffer.toString("utf8", start, end)),
  );
  return { pipe, handedOn, aside };
}

suite("messages beside a connection", () => {
  test("are handed on after what was sent before them, and before what was sent after", () => {
    const { pipe, handedOn, aside } = setUp();
    pipe.push(record(0, "a"), record(100, "b"), record(100, "c"), record(250, "d"));
    aside.pull();
    aside.handOn(99);
    assert.deepEqual(handedOn, ["a"]);
    aside.handOn(100);
    assert.deepEqual(handedOn, ["a", "b", "c"]);
    aside.handOn(250);
    assert.deepEqual(handedOn, ["a", "b", "c", "d"]);
    aside.handOn(1000);
    assert.equal(handedOn.length, 4);
  });

  test("may be read in any pieces", () => {
    const { pipe, handedOn, aside } = setUp();
    const all = Buffer.concat([record(0, "one"), record(0, ""), record(0, "three")]);
    for (const byte of all) {
      pipe.push(Buffer.of(byte));
      aside.pull();
      aside.handOn(0);
    }
    assert.deepEqual(handedOn, ["one", "", "three"]);
  });

  test("end the connection if they are invalid", () => {
    const { pipe, aside } = setUp();
    pipe.push(Buffer.alloc(64, 0xff));
    assert.throws(() => aside.pull(), { codeName: "Malformed" });
  });

  test("are handed on once each, also when handing one on fails or asks for more", () => {
    const pipe = [Buffer.concat([record(0, "bad"), record(0, "good")])];
    const handedOn: string[] = [];
    const aside: Aside = new Aside(
      () => pipe.shift() ?? null,
      (buffer, start, end) => {
        handedOn.push(buffer.toString("utf8", start, end));
        aside.pull();
        aside.handOn(0);
        if (handedOn.length === 2) throw new Error("refused");
      },
    );
    aside.pull();
    assert.throws(() => aside.handOn(0), /refused/);
    aside.handOn(0);
    assert.deepEqual(handedOn, ["bad", "good"]);
  });

  test("stay in the pipe while many wait for the connection, and are dropped when it was stopped", () => {
    let reads = 0;
    const handedOn: string[] = [];
    const aside = new Aside(
      () => {
        reads++;
        return record(1_000_000, "x".repeat(4000));
      },
      (buffer, start, end) => void handedOn.push(buffer.toString("utf8", start, end)),
    );
    for (let i = 0; i < 1000; i++) aside.pull();
    assert.ok(reads < 300, `${reads} reads`);
    aside.handOn(1_000_000);
    assert.equal(handedOn.length, reads);
    aside.pull();
    aside.stop();
    aside.handOn(1_000_000);
    assert.equal(handedOn.length, reads - 1);
  });
});
