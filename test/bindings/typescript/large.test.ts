import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { command, connect, Pipe, Pool, Process, Queue, task } from "../../../bindings/typescript/index.js";
import { within } from "../../deadline.js";
import { startServer } from "../../server/server-process.js";
import { temporaryFolder } from "../../temporary-folder.js";
import * as functions from "./fixtures/large.js";
import { large as module } from "./fixtures/paths.js";

const meta = { url: module };
const mb = 1_000_000;

function bytes(length: number): Buffer {
  const data = Buffer.alloc(length, 7);
  data.write("begin");
  data.write("end", length - 3);
  return data;
}

function sound(data: Buffer, length: number): void {
  assert.equal(data.length, length);
  assert.equal(data.toString("latin1", 0, 5) + data.toString("latin1", length - 3), "beginend");
}

test("100 MB pass as an argument and as a result", async () => {
  await using pool = new Pool(1);
  assert.equal(await pool.apply(task(meta, functions.checksum), [bytes(100 * mb)]), 7 * (100 * mb - 8) + 828);
  sound(await pool.apply(task(meta, functions.bytes), [100 * mb]), 100 * mb);
});

test("100 MB pass as the initializer's argument, and as a process's own", async () => {
  await using pool = new Pool(1, { initializer: task(meta, functions.keep), initargs: [bytes(100 * mb)] });
  assert.equal(await pool.apply(task(meta, functions.kept)), 100 * mb);
  const queue = new Queue<number>();
  const child = new Process({ target: task(meta, functions.putLength), args: [queue, bytes(100 * mb)] });
  await child.start();
  assert.equal(await queue.get(), 100 * mb);
  await child.join();
});

test("100 MB pass as an item of a queue and of a pipe", async () => {
  const queue = new Queue<Buffer>();
  await queue.put(bytes(100 * mb));
  sound(await queue.get(), 100 * mb);
  const [receiver, sender] = Pipe<Buffer>();
  const sent = sender.send(bytes(100 * mb));
  sound(await receiver.recv(), 100 * mb);
  await sent;
});

test("map and imap cut chunks by bytes: 300 arrays of 2 MB", async () => {
  await using pool = new Pool(2);
  const item = new Uint8Array(2 * mb);
  const items = Array.from({ length: 300 }, () => item);
  assert.deepEqual(
    await pool.map(task(meta, functions.length), items),
    items.map(() => 2 * mb),
  );
  let sum = 0;
  for await (const length of pool.imap(task(meta, functions.length), items.slice(0, 50), { chunkSize: 50 }))
    sum += length;
  assert.equal(sum, 50 * 2 * mb);
});

test("a call that is cancelled while 300 MB are on their way is cancelled before they arrive", async (t) => {
  const address = `unix:${join(temporaryFolder(t), "s")}`;
  await startServer(t, ["--listen", address, "--max-memory-bytes", String(2 ** 30)]);
  await using client = await connect(address);
  const empty = new client.Queue<number>();
  const full = new client.Queue<Buffer>();
  await full.size();
  const abort = new AbortController();
  const get = empty.get({ signal: abort.signal });
  await empty.size();
  let arrived = false;
  const put = full.put(Buffer.alloc(300 * mb)).then(() => (arrived = true));
  // The first pieces have left by then.
  await new Promise((resolve) => setImmediate(resolve));
  abort.abort(new Error("enough"));
  await assert.rejects(get, { codeName: "Cancelled", cause: new Error("enough") });
  assert.ok(!arrived);
  await within(put, "the item");
});

test("a pool's tasks are cancelled, and the pool is terminated, while large values are on their way", async (t) => {
  const address = `unix:${join(temporaryFolder(t), "s")}`;
  await startServer(t, ["--listen", address]);
  await using client = await connect(address);
  const queue = new client.Queue<Buffer>();
  const pool = new client.Pool(1);
  const sleeps = pool.applyAsync(command("sleep", ["60"]));
  const waits = pool.applyAsync(command("sleep", ["60"]));
  await pool.status();
  let arrived = false;
  const put = queue.put(Buffer.alloc(300 * mb)).then(() => (arrived = true));
  await new Promise((resolve) => setImmediate(resolve));
  waits.cancel();
  await assert.rejects(waits.get(), { codeName: "Cancelled" });
  // Its argument is behind the item.
  const late = pool.applyAsync(task(meta, functions.length), [bytes(20 * mb)]);
  await new Promise((resolve) => setImmediate(resolve));
  await pool.terminate();
  await assert.rejects(sleeps.get(), { codeName: "Cancelled" });
  assert.ok(!arrived);
  await within(put, "the item");
  await assert.rejects(late.get(), { codeName: "Cancelled" });
});

test("what ends an object overtakes large values, but not the object's creation", async (t) => {
  const address = `unix:${join(temporaryFolder(t), "s")}`;
  await startServer(t, ["--listen", address]);
  await using client = await connect(address);
  const queue = new client.Queue<Buffer>();
  await queue.size();
  const put = queue.put(Buffer.alloc(200 * mb));
  const pool = new client.Pool(1);
  const result = pool.applyAsync(command("sleep", ["60"]));
  const child = new client.Process({ target: command("sleep", ["60"]) });
  const started = child.start();
  await new Promise((resolve) => setImmediate(resolve));
  const killed = child.kill();
  await within(pool.terminate(), "the end of the pool");
  await assert.rejects(result.get(), { codeName: "Cancelled" });
  await within(Promise.all([put, started, killed]), "the item and the process");
  await child.join();
});

test("the server holds a large item once", async (t) => {
  const address = `unix:${join(temporaryFolder(t), "s")}`;
  const server = await startServer(t, ["--listen", address]);
  await using client = await connect(address);
  const queue = new client.Queue<Buffer>();
  await queue.size();
  const peak = () =>
    Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${server.process.pid}/status`, "utf8"))![1]) * 1024;
  const before = peak();
  await queue.put(bytes(300 * mb));
  sound(await queue.get(), 300 * mb);
  const grown = peak() - before;
  assert.ok(grown < 1.5 * 300 * mb, `${Math.round(grown / mb)} MB more than before, for an item of 300 MB`);
});

test("a value beyond the limit fails with PayloadTooLarge (size, limit, option); other calls go on", async (t) => {
  const address = `unix:${join(temporaryFolder(t), "s")}`;
  await startServer(t, ["--listen", address, "--max-payload-bytes", String(20 * mb)]);
  await using client = await connect(address);
  await using pool = new client.Pool(1);
  const refused = (error: Error) => {
    assert.match(
      error.message,
      /takes 300000\d\d bytes, and a message at most (20000000|19934464).*--max-payload-bytes/,
    );
    return (error as { codeName?: string }).codeName === "PayloadTooLarge";
  };
  await assert.rejects(pool.apply(task(meta, functions.length), [bytes(30 * mb)]), refused);
  await assert.rejects(new client.Queue<Buffer>().put(bytes(30 * mb)), refused);
  const pid = await pool.apply(task(meta, functions.pid));
  const [small, large] = (await pool.map(task(meta, functions.bytes), [5, 30 * mb], {
    chunkSize: 2,
    returnExceptions: true,
  })) as [Buffer, Error];
  assert.equal(small.length, 5);
  assert.ok(refused(large));
  assert.equal(await pool.apply(task(meta, functions.pid)), pid);
});

test("a process is killed while a large value is on its way", async (t) => {
  const address = `unix:${join(temporaryFolder(t), "s")}`;
  await startServer(t, ["--listen", address]);
  await using client = await connect(address);
  const child = new client.Process({ target: command("sleep", ["60"]) });
  await child.start();
  const queue = new client.Queue<Buffer>();
  await queue.size();
  let arrived = false;
  const put = queue.put(Buffer.alloc(200 * mb)).then(() => (arrived = true));
  await new Promise((resolve) => setImmediate(resolve));
  await child.kill();
  assert.ok(!arrived);
  await within(put, "the item");
  await child.join();
});
