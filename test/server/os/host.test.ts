import assert from "node:assert/strict";
import { createInterface } from "node:readline";
import type { Socket } from "node:net";
import { test, type TestContext } from "node:test";
import { waitFor, within } from "../../deadline.js";
import { isLiving } from "../../living.js";
import { Recorder } from "./recorder.js";
import { testSpawner } from "./spawners.js";

/** Sends a line, returns the next one. */
function dialogue(socket: Socket): (line?: string) => Promise<string> {
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  return async (line) => {
    if (line !== undefined) socket.write(`${line}\n`);
    const next = await within(lines.next(), `an answer to ${line}`);
    return next.value as string;
  };
}

async function startHost(t: TestContext) {
  const told = new Recorder();
  const spawner = testSpawner(t);
  const host = spawner.startHost({ runtime: "fixture" }, told);
  const socket = await waitFor(() => spawner.sockets[0]);
  const ask = dialogue(socket);
  assert.equal(await ask(), "ready");
  return { told, spawner, host, socket, ask };
}

test("a host's connection is its descriptor 3", async (t) => {
  const { told, ask } = await startHost(t);
  assert.deepEqual(told.order, ["spawned"]);
  assert.equal(await ask("hello"), "hello");
});

test("what a host sends right before its exit is read before the exit is told", async (t) => {
  const { told, ask } = await startHost(t);
  assert.equal(await ask("exit 4"), "bye");
  assert.deepEqual(await told.exitsSoon(), { exitCode: 4, signal: null });
});

test("what a host sent before its exit is read, also by a reader that pauses after each piece", async (t) => {
  const told = new Recorder();
  const spawner = testSpawner(t);
  spawner.startHost({ runtime: "fixture" }, told);
  const socket = await waitFor(() => spawner.sockets[0]);
  let bytes = 0;
  let pauses = 0;
  socket.on("data", (data: Buffer) => {
    bytes += data.length;
    if (bytes < 10) return;
    // As a door does while its client has no turn.
    socket.pause();
    pauses++;
    setTimeout(() => socket.resume(), 400);
  });
  await waitFor(() => bytes === "ready\n".length);
  socket.write("last 200000\n");
  assert.deepEqual(await told.exitsSoon(), { exitCode: 0, signal: null });
  assert.equal(bytes, "ready\n".length + 200_000);
  assert.ok(pauses > 1, "it came in pieces");
});

test("a host whose connection is closed ends", async (t) => {
  const { told, socket } = await startHost(t);
  socket.end();
  assert.deepEqual(await told.exitsSoon(), { exitCode: 0, signal: null });
});

test("a dead host's connection ends although a descendant holds it", async (t) => {
  const { told, host, socket, ask } = await startHost(t);
  const grandchild = Number(await ask("grandchild"));
  assert.ok(isLiving(grandchild));
  const closed = new Promise((resolve) => socket.once("close", resolve));
  process.kill(host.pid!, "SIGKILL");
  assert.deepEqual(await told.exitsSoon(), { exitCode: null, signal: "SIGKILL" });
  await within(closed, "the end of the connection");
});

test("a packet goes to its first reader: the host, or the server while the host is busy", async (t) => {
  const { host, ask } = await startHost(t);
  const tasks = host.tasks!;
  assert.deepEqual(tasks.takeBack(10), []);
  assert.equal(await ask("task"), "none");
  tasks.write([7, 8, 9, 10]);
  assert.equal(await ask("task"), "7");
  assert.equal(await ask("busy 200"), "busy");
  assert.deepEqual(tasks.takeBack(2), [8, 9]);
  assert.equal(await ask("task"), "10");
  assert.equal(await ask("task"), "none");
  assert.deepEqual(tasks.takeBack(1), []);
});

test("packets that a host left behind, or that came too late for it, can be taken back after its exit", async (t) => {
  const { told, host, ask } = await startHost(t);
  host.tasks!.write([1, 2, 255]);
  assert.equal(await ask("task"), "1");
  host.signalTree("SIGKILL");
  await told.exitsSoon();
  host.tasks!.write([3]);
  assert.deepEqual(host.tasks!.takeBack(1), [2]);
  assert.deepEqual(host.tasks!.takeBack(5), [255, 3]);
  assert.deepEqual(host.tasks!.takeBack(5), []);
});

test("20 hosts at once each have a connection and channels of their own", async (t) => {
  const spawner = testSpawner(t);
  const hosts = Array.from({ length: 20 }, () => spawner.startHost({ runtime: "fixture" }, new Recorder()));
  await waitFor(() => spawner.sockets.length === 20);
  hosts.forEach((host, i) => host.tasks!.write([i]));
  const claimed = await Promise.all(
    spawner.sockets.map(async (socket) => {
      const ask = dialogue(socket);
      await ask();
      return ask("task");
    }),
  );
  assert.deepEqual(
    claimed,
    hosts.map((_, i) => String(i)),
  );
});

test("a runtime that is unknown, or whose interpreter is missing, is named in the failure", async (t) => {
  const spawner = testSpawner(t);
  assert.deepEqual(spawner.runtimes(), ["fixture", "missing"]);
  const unknown = new Recorder();
  spawner.startHost({ runtime: "toString" }, unknown);
  assert.match((await unknown.failsSoon()).message, /no runtime "toString" here; this server has: fixture, missing/);
  const missing = new Recorder();
  const host = spawner.startHost({ runtime: "missing" }, missing);
  const error = await missing.failsSoon();
  assert.equal(error.codeName, "SpawnFailed");
  assert.match(error.message, /polyproc-no-such-interpreter.*PATH/);
  assert.deepEqual(host.tasks!.takeBack(1), []);
  assert.deepEqual(spawner.sockets, []);
});
