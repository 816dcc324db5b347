import assert from "node:assert/strict";
import { Duplex } from "node:stream";
import { mock, test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { Doors, maxConnections, maxStrangers, strangerMs } from "../../server/doors.js";
import type { Hub } from "../../server/handlers/connection.js";
import { FakeWorld } from "./engine/fake-engine.js";

function fakeHub(): Hub {
  const server = {
    version: "0",
    pid: 1,
    startedAt: 0,
    addresses: () => [],
    protocol: () => Promise.resolve({ metaModel: {}, schema: {} }),
    memory: () => ({ rssBytes: 0, heapUsedBytes: 0 }),
    stop() {},
    stopWhenAlone() {},
  };
  return { engine: new FakeWorld().engine, server };
}

/** The server's side of a connection whose peer notes what it hears. */
class Line extends Duplex {
  heard = "";

  constructor() {
    super({ allowHalfOpen: true });
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.heard += chunk.toString();
    done();
  }
}

const initialize = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}`;
const hello = `Content-Length: ${initialize.length}\r\n\r\n${initialize}`;

test("a connection without initialize in time gets an error and ends; one with initialize stays", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    const doors = new Doors(fakeHub());
    const [silent, half, polite] = [new Line(), new Line(), new Line()];
    for (const line of [silent, half, polite]) doors.accept(line, null);
    half.push(Buffer.from([0]));
    polite.push(hello);
    while (!polite.heard.includes("result")) await nextTurn();
    mock.timers.tick(strangerMs - 1);
    assert.equal(silent.heard, "");
    mock.timers.tick(1);
    assert.match(silent.heard, /nothing was heard of \\"initialize\\" within 10 s/);
    await nextTurn();
    assert.match(half.heard, /nothing was heard of/);
    mock.timers.tick(60_000);
    assert.ok(silent.destroyed && half.destroyed);
    assert.ok(!polite.destroyed);
    await nextTurn();
    assert.equal(doors.size, 1);
    polite.destroy();
  } finally {
    mock.timers.reset();
  }
});

test("beyond its limit the oldest uninitialized connection ends; a further session is refused", async () => {
  const doors = new Doors(fakeHub());
  const lines: Line[] = [];
  const accept = () => {
    const line = new Line();
    lines.push(line);
    doors.accept(line, null);
    return line;
  };
  for (let i = 0; i <= maxStrangers; i++) accept();
  assert.match(lines[0]!.heard, /Overloaded/);
  assert.equal(lines[1]!.heard, "");

  for (const line of lines) line.destroy();
  await nextTurn();
  assert.equal(doors.size, 0);
  lines.length = 0;
  for (let i = 0; i < maxConnections; i++) {
    accept().push(hello);
    if (i % 100 === 0) await nextTurn();
  }
  while (doors.size < maxConnections || lines.some((line) => line.heard === "")) await nextTurn();
  assert.match(accept().heard, /has 4096 connections already/);
  assert.equal(lines[0]!.destroyed, false);
  for (const line of lines) line.destroy();
});
