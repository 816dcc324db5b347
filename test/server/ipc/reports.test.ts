import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { ReportReader } from "../../../server/ipc/reports.js";
import { FakeReports, record } from "./fake-reports.js";

function setUp(onBody?: (text: string) => void) {
  const channel = new FakeReports();
  const handedOn: string[] = [];
  const errors: unknown[] = [];
  const reader: ReportReader = new ReportReader(
    channel,
    (buffer, start, end) => {
      handedOn.push(buffer.toString("utf8", start, end));
      onBody?.(handedOn.at(-1)!);
    },
    () => {},
    (error) => void errors.push(error),
  );
  return { channel, handedOn, reader, errors };
}

suite("messages of a report channel", () => {
  test("are handed on after what was sent before them, and before what was sent after", () => {
    const { channel, handedOn, reader } = setUp();
    channel.come(Buffer.concat([record(0, "a"), record(100, "b"), record(100, "c"), record(250, "d")]));
    reader.handOn(99);
    assert.deepEqual(handedOn, ["a"]);
    reader.handOn(100);
    assert.deepEqual(handedOn, ["a", "b", "c"]);
    reader.handOn(250);
    assert.deepEqual(handedOn, ["a", "b", "c", "d"]);
    reader.handOn(1000);
    assert.equal(handedOn.length, 4);
  });

  test("may be read in any pieces", () => {
    const { channel, handedOn, reader } = setUp();
    const all = Buffer.concat([record(0, "one"), record(0, ""), record(0, "three")]);
    for (const byte of all) {
      channel.come(Buffer.of(byte));
      reader.handOn(0);
    }
    assert.deepEqual(handedOn, ["one", "", "three"]);
  });

  test("end the connection if they are invalid", () => {
    const { channel, errors } = setUp();
    channel.come(Buffer.alloc(64, 0xff));
    assert.equal((errors[0] as { codeName: string }).codeName, "Malformed");
  });

  test("are handed on once each, also when handing one on fails or asks for more", () => {
    const { channel, handedOn, reader } = setUp((text) => {
      reader.handOn(0);
      if (text === "good") throw new Error("refused");
    });
    channel.come(Buffer.concat([record(0, "bad"), record(0, "good"), record(0, "last")]));
    assert.throws(() => reader.handOn(0), /refused/);
    reader.handOn(0);
    assert.deepEqual(handedOn, ["bad", "good", "last"]);
  });

  test("are read at once when the connection says that they were written, and only then", () => {
    const { channel, handedOn, reader } = setUp();
    channel.waiting.push(record(0, "a"), record(0, "b"));
    reader.readUpTo(0);
    assert.equal(channel.waiting.length, 2);
    reader.readUpTo(1);
    reader.readUpTo(1);
    reader.handOn(0);
    assert.deepEqual(handedOn, ["a"]);
  });

  test("stay in the channel while many wait for the connection, and are dropped when it was stopped", () => {
    const { channel, handedOn, reader } = setUp();
    channel.come(...Array<Buffer>(1000).fill(record(1_000_000, "x".repeat(4000))));
    const kept = 1000 - channel.waiting.length;
    assert.ok(kept < 300, `${kept} were read`);
    reader.readUpTo(1000);
    assert.equal(1000 - channel.waiting.length, kept);
    reader.handOn(1_000_000);
    assert.equal(handedOn.length, kept);
    channel.come();
    assert.ok(channel.waiting.length < 1000 - kept, "it is read on");
    reader.stop();
    reader.handOn(1_000_000);
    assert.equal(handedOn.length, kept);
  });
});
