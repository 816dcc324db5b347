import assert from "node:assert/strict";
import { suite, test, type TestContext } from "node:test";
import { waitFor } from "../deadline.js";
import { RawClient, type Framing } from "./clients.js";
import { startUnixServer } from "./server-process.js";

/** Ids of the flood's requests begin here. */
const floodId = 1_000_000;

interface Scene {
  flooder: RawClient;
  other: RawClient;
  /** How many of the flood's requests are answered. */
  answered: () => number;
}

async function scene(t: TestContext, framing: Framing): Promise<Scene> {
  const server = await startUnixServer(t, ["--warm-hosts", "0"]);
  const flooder = await RawClient.open(server.path, framing);
  const other = await RawClient.open(server.path, "frames");
  return {
    flooder,
    other,
    answered: () => flooder.received.filter(({ id }) => typeof id === "number" && id >= floodId).length,
  };
}

function flood(client: RawClient, count: number, method: string, params: (i: number) => object): void {
  for (let i = 0; i < count; i++) client.send({ jsonrpc: "2.0", id: floodId + i, method, params: params(i) });
}

/**
 * Asks until the flood is over, and says how many of the flood's requests had been answered before the first answer,
 * and how long the longest wait was.
 */
async function ask(
  t: TestContext,
  { other, answered }: Scene,
  count: number,
  method: string,
  params: (i: number) => object,
): Promise<number> {
  let first = -1;
  let longestMs = 0;
  let asked = 0;
  while (answered() < count) {
    const since = performance.now();
    const { error } = await other.request(method, params(asked++));
    assert.equal(error, undefined);
    longestMs = Math.max(longestMs, performance.now() - since);
    if (first === -1) first = answered();
  }
  t.diagnostic(`the other client waited ${Math.round(longestMs)} ms at most, ${asked} times`);
  return first;
}

const one = { command: "true" };

suite("while one client floods the server, another is served", () => {
  for (const framing of ["frames", "msgpack"] as const) {
    test(`starts of processes take turns (${framing})`, async (t) => {
      const all = await scene(t, framing);
      const count = 150;
      flood(all.flooder, count, "process/start", (i) => ({ process: `process:s1.f${i}`, target: one }));
      const first = await ask(t, all, count, "process/start", (i) => ({ process: `process:s2.o${i}`, target: one }));
      assert.ok(
        first < count / 2,
        `the other client's first process was started after ${first} of the flood's ${count}`,
      );
    });

    test(`requests take turns (${framing})`, async (t) => {
      const all = await scene(t, framing);
      const count = 4000;
      flood(all.flooder, count, "server/status", () => ({}));
      const first = await ask(t, all, count, "server/sessions", () => ({}));
      assert.ok(first < count / 2, `the other client was answered after ${first} of the flood's ${count}`);
    });

    test(`requests for usage that come together share one look at the processes (${framing})`, async (t) => {
      const all = await scene(t, framing);
      for (let i = 0; i < 10; i++)
        await all.flooder.request("process/start", {
          process: `process:s1.u${i}`,
          target: { command: "sleep", args: ["1000"] },
        });
      const count = 500;
      flood(all.flooder, count, "process/usage", () => ({}));
      const first = await ask(t, all, count, "server/sessions", () => ({}));
      assert.ok(first < count / 2, `the other client was answered after ${first} of the flood's ${count}`);
    });
  }

  test("a pool's commands take turns with another client's process", async (t) => {
    const all = await scene(t, "frames");
    const items = Array.from({ length: 200 }, () => Buffer.from([0xc0]));
    flood(all.flooder, 1, "pool/map", () => ({ target: one, processes: items.length, items, progressToken: 1 }));
    await all.other.request("process/start", { process: "process:s2.first", target: one });
    const progress = all.flooder.received.filter(({ method }) => method === "$/progress").at(-1) as
      | { params: { value: { done: number } } }
      | undefined;
    const done = progress?.params.value.done ?? 0;
    assert.ok(
      done < items.length / 2,
      `the other client's process was started after ${done} of ${items.length} commands`,
    );
    await ask(t, all, 1, "process/start", (i) => ({ process: `process:s2.o${i}`, target: one }));
  });

  test("a list and a kill do not wait behind starts", async (t) => {
    const { flooder, other, answered } = await scene(t, "frames");
    const count = 200;
    flood(flooder, count, "process/start", (i) => ({
      process: `process:s1.f${i}`,
      target: { command: "sleep", args: ["1000"] },
    }));
    await other.request("process/list", { scope: "all" });
    const last = `process:s1.f${count - 1}`;
    // Other client's requests may come before the flood was read.
    await waitFor(async () => (await other.request("process/status", { process: last })).error === undefined);
    await other.request("process/kill", { process: last });
    const { error } = await flooder.answer(floodId + count - 1);
    assert.match(error?.message ?? "it was started", /ended \(SIGKILL\) while it waited to be started/);
    assert.ok(answered() < count / 2, `${answered()} of ${count} had been started`);
    assert.equal((await other.request("process/status", { process: last })).error?.data?.["name"], undefined);
    assert.equal((await other.request("process/status", { process: last })).result.state, "exited");
  });
});

test("a client's requests are handled in order, however many come at once", async (t) => {
  const { flooder, answered } = await scene(t, "frames");
  const count = 4000;
  await flooder.request("queue/create", { queue: "queue:s1.q" });
  flood(flooder, count, "queue/put", (i) => ({ queue: "queue:s1.q", items: [Buffer.from([0xcd, i >> 8, i & 255])] }));
  const { result } = await flooder.request("queue/get", { queue: "queue:s1.q", max: 100_000 });
  assert.deepEqual(
    result.items.map((item: Buffer) => item.readUInt16BE(1)),
    Array.from({ length: count }, (_, i) => i),
  );
  assert.equal(answered(), count);
  const ids = flooder.received.map(({ id }) => id);
  assert.deepEqual(
    ids,
    ids.toSorted((a, b) => Number(a) - Number(b)),
  );
});
