import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { suite, test, type TestContext } from "node:test";
import { waitFor } from "../deadline.js";
import { RawClient, type Framing } from "./clients.js";
import { startUnixServer } from "./server-process.js";

const mebibyte = 1024 * 1024;
const limit = 64 * mebibyte;
/** A request that comes while memory is full must be a small one. */
const item = msgpackBin(mebibyte);

/** A line that commands write again and again: short ones would cost time rather than memory. */
const long = "x".repeat(1000);

/** One value of this many bytes. */
function msgpackBin(bytes: number): Buffer {
  const data = Buffer.alloc(bytes, 1);
  data[0] = 0xc6;
  data.writeUInt32BE(bytes - 5, 1);
  return data;
}

/** A server that may hold 64 MiB, and a client beside those that flood it. */
async function smallServer(t: TestContext) {
  const server = await startUnixServer(t, ["--warm-hosts", "0", "--max-memory-bytes", String(limit)], {
    // glibc would keep freed blocks of this size that lie between others.
    env: { MALLOC_MMAP_THRESHOLD_: "262144" },
  });
  const other = await RawClient.open(server.path, "frames");
  const rss = () =>
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.process.pid}/status`, "utf8"))?.[1] ?? 0) * 1024;
  const before = rss();
  let peak = before;
  const timer = setInterval(() => (peak = Math.max(peak, rss())), 20);
  t.after(() => clearInterval(timer));
  const held = async () => (await other.request("server/status")).result.heldBytes as number;
  return {
    ...server,
    other,
    held,
    /** Waits until what the server holds does not change any more. */
    standstill: async () => {
      let last = -1;
      let same = 0;
      return waitFor(
        async () => {
          const now = await held();
          same = now === last ? same + 1 : 0;
          last = now;
          return same >= 20 && { heldBytes: now };
        },
        { what: "a standstill", intervalMs: 10 },
      );
    },
    /**
     * Nothing is held: most of the memory goes back to the system.
     */
    fallsAgain: async () => {
      let grown = Infinity;
      const fallen = () => {
        grown = rss() - before;
        return grown < limit;
      };
      await waitFor(fallen, { what: "memory that falls" }).catch((error: Error) => {
        throw new Error(`${error.message}; still ${Math.round(grown / mebibyte)} MiB more than at the start`);
      });
    },
    /**
     * V8 collects when it wants to: garbage of twice the limit is within reason. Without a limit these tests hold
     * several times as much.
     */
    assertBounded: () => {
      t.diagnostic(`grew by ${Math.round((peak - before) / mebibyte)} MiB at most`);
      assert.ok(peak - before < 4 * limit, `the server grew from ${before} to ${peak} bytes`);
    },
  };
}

suite("a server's memory is bounded", { skip: process.platform !== "linux" && "reads /proc" }, () => {
  for (const framing of ["frames", "msgpack"] as const) {
    test(`by all queues together: producers wait, consumers drain, nothing is lost (${framing})`, async (t) => {
      const { path, other, standstill, assertBounded, held, fallsAgain } = await smallServer(t);
      const producer = await RawClient.open(path, framing as Framing);
      const queues = Array.from({ length: 10 }, (_, i) => `queue:@q${i}`);
      for (const queue of queues) await producer.request("queue/create", { queue });
      const each = 16;
      for (let i = 0; i < each; i++)
        for (const queue of queues)
          producer.send({
            jsonrpc: "2.0",
            id: `put ${queue} ${i}`,
            method: "queue/put",
            params: { queue, items: [item] },
          });
      const { heldBytes } = await standstill();
      assert.ok(heldBytes > limit / 2 && heldBytes <= limit * 1.1, `it holds ${heldBytes} bytes`);
      const stored = producer.received.length;
      assert.ok(stored < (each * queues.length) / 2, `${stored} puts were answered`);

      // Other clients are served at the same time, also with their own memory.
      await other.request("queue/create", { queue: "queue:@other" });
      assert.equal(
        (await other.request("queue/put", { queue: "queue:@other", items: [Buffer.from([1])] })).error,
        undefined,
      );
      assert.deepEqual((await other.request("queue/get", { queue: "queue:@other" })).result.items, [Buffer.from([1])]);
      const map = await other.request("pool/map", {
        target: { command: "true" },
        processes: 1,
        items: [Buffer.from([0xc0])],
      });
      assert.equal(map.result?.outcomes?.[0]?.ok, true, JSON.stringify(map.error));

      for (let n = 0; n < each; n++) {
        for (const queue of queues) {
          const { result } = await other.request("queue/get", { queue });
          assert.equal(result.items[0].length, item.length);
        }
      }
      await waitFor(() => producer.received.length === each * queues.length, { what: "the answers to all puts" });
      assert.ok(producer.received.every(({ error }) => error === undefined));
      assert.ok((await held()) < mebibyte);
      assertBounded();
      producer.close();
      await fallsAgain();
    });
  }

  test("a waiting put ends with its time limit, and with its client", async (t) => {
    const { path, other, standstill, held } = await smallServer(t);
    const producers = await Promise.all([1, 2].map(() => RawClient.open(path, "frames")));
    const [first, second] = producers as [RawClient, RawClient];
    await first.request("queue/create", { queue: "queue:@q" });
    await second.request("queue/create", { queue: "queue:@q" });
    for (let i = 0; i < 46; i++) await first.request("queue/put", { queue: "queue:@q", items: [item] });
    first.send({ jsonrpc: "2.0", id: "waits", method: "queue/put", params: { queue: "queue:@q", items: [item] } });
    first.send({
      jsonrpc: "2.0",
      id: "waits, too",
      method: "queue/put",
      params: { queue: "queue:@q", items: [item, item, item] },
    });
    const limited = await second.request("queue/put", { queue: "queue:@q", items: [item, item, item], timeoutMs: 20 });
    assert.equal(limited.error?.data?.["name"], "Full");
    await standstill();
    const before = await held();
    first.close();
    await waitFor(async () => (await held()) < before - 2 * mebibyte, { what: "what the dead client wanted to put" });
    assert.ok((await other.request("queue/status", { queue: "queue:@q" })).result.size >= 46);
    second.close();
  });

  test("by outputs of commands, running and ended", async (t) => {
    const { path, other, assertBounded } = await smallServer(t);
    const client = await RawClient.open(path, "frames");
    const count = 30;
    const write = { command: "sh", args: ["-c", `yes ${long} | head -c 3000000`] };
    for (let i = 0; i < count; i++)
      client.send({
        jsonrpc: "2.0",
        id: i,
        method: "process/start",
        params: { process: `process:@p${i}`, target: write },
      });
    for (let i = 0; i < count; i++)
      await other.request("process/join", { process: `process:@p${i}` }).then(({ error }) => error && client.answer(i));
    await waitFor(async () => (await other.request("server/status")).result.processes === 0, {
      what: "the end of all commands",
      timeoutMs: 60_000,
    });
    // The output of those that ended first may have been dropped for that of others.
    const last: { text: string }[] = [];
    for (let i = 0; i < count; i++) {
      const { result } = await other.request("process/output", { process: `process:@p${i}` });
      last.push(...result.lines.slice(-1));
    }
    assert.ok(last.length > 0);
    for (const { text } of last) assert.ok(long.startsWith(text), text);
    assertBounded();
    client.close();
  });

  test("by results of pool/map: the request fails, and the error says what to do", async (t) => {
    const { path, assertBounded, held, other } = await smallServer(t);
    const client = await RawClient.open(path, "frames");
    const target = { command: "sh", args: ["-c", `yes ${long} | head -c 1000000`] };
    const { error } = await client.request("pool/map", {
      target,
      processes: 4,
      items: Array.from({ length: 70 }, () => Buffer.from([0xc0])),
    });
    assert.equal(error?.data?.["name"], "Overloaded");
    assert.match(error!.message, /use job\/submit or run\/start/);
    await waitFor(async () => (await held()) < 10 * mebibyte, { what: "memory that is free again" });
    assert.equal((await other.request("process/list", { scope: "all" })).error, undefined);
    assertBounded();
    client.close();
  });

  test("by results of runs: the oldest are dropped", async (t) => {
    const { path, assertBounded, other } = await smallServer(t);
    const client = await RawClient.open(path, "frames");
    const target = { command: "sh", args: ["-c", `yes ${long} | head -c 1000000`] };
    for (let i = 0; i < 3; i++) {
      const items = Array.from({ length: 25 }, () => Buffer.from([0xc0]));
      assert.equal(
        (await client.request("run/start", { run: `run:@r${i}`, target, processes: 2, items })).error,
        undefined,
      );
    }
    const hasEnded = async (i: number) => {
      const { result, error } = await other.request("run/status", { run: `run:@r${i}` });
      // The oldest may be dropped before this asks for it.
      return error === undefined ? result.endedAt !== null : error.data?.["name"] === "UnknownHandle";
    };
    for (let i = 0; i < 3; i++) await waitFor(() => hasEnded(i), { what: "the run's end", timeoutMs: 60_000 });
    assertBounded();
    const { result } = await other.request("run/read", { run: "run:@r2" });
    assert.ok(result.entries.length > 0);
    client.close();
  });
});
