import assert from "node:assert/strict";
import { suite, test, type TestContext } from "node:test";
import { RawClient, type Answer, type Framing } from "./clients.js";
import { startUnixServer, type ServerProcess } from "./server-process.js";

/** Ids of the flood's requests begin here. */
const floodId = 1_000_000;

interface Scene {
  server: ServerProcess;
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
    server,
    flooder,
    other,
    answered: () => flooder.received.filter(({ id }) => typeof id === "number" && id >= floodId).length,
  };
}

type Params = (i: number) => object;

function flood(client: RawClient, count: number, method: string, params: Params): void {
  for (let i = 0; i < count; i++) client.send({ jsonrpc: "2.0", id: floodId + i, method, params: params(i) });
}

/**
 * Lets the server find a flood and the other client's request at once, however this process is held up. Resolves with
 * the other client's answer.
 */
async function ask({ server, other }: Scene, sendFlood: () => void, method: string, params: object): Promise<Answer> {
  let answer: Promise<Answer>;
  server.process.kill("SIGSTOP");
  try {
    sendFlood();
    answer = other.request(method, params);
  } finally {
    server.process.kill("SIGCONT");
  }
  const { error } = await answer;
  assert.equal(error, undefined);
  return answer;
}

/** Asks until the flood is over, and says how long the longest wait was. */
async function askAgain(t: TestContext, { other, answered }: Scene, count: number, method: string, params: Params) {
  let longestMs = 0;
  let asked = 0;
  while (answered() < count) {
    const since = performance.now();
    const { error } = await other.request(method, params(asked++));
    assert.equal(error, undefined);
    longestMs = Math.max(longestMs, performance.now() - since);
  }
  t.diagnostic(`the other client waited ${Math.round(longestMs)} ms at most, ${asked} times`);
}

/** Linux gives numbers in order, and begins anew after this one at the latest. */
const mostPids = 2 ** 22;

/** How many of the server's processes the system started before this one. */
async function startedBefore({ server, other }: Scene, process: string): Promise<number> {
  const { processes } = (await other.request("process/list", { scope: "all", ended: true })).result as {
    processes: { process: string; pid: number }[];
  };
  const order = (pid: number) => (pid - server.process.pid! + mostPids) % mostPids;
  const own = processes.find((each) => each.process === process)!;
  return processes.filter(({ pid }) => order(pid) < order(own.pid)).length;
}

const one = { command: "true" };

suite("while one client floods the server, another is served", () => {
  for (const framing of ["frames", "msgpack"] as const) {
    test(`starts of processes take turns (${framing})`, async (t) => {
      const all = await scene(t, framing);
      const count = 150;
      const start = (name: string) => (i: number) => ({ process: `process:${name}${i}`, target: one });
      await ask(
        all,
        () => flood(all.flooder, count, "process/start", start("s1.f")),
        "process/start",
        start("s2.first")(0),
      );
      await askAgain(t, all, count, "process/start", start("s2.o"));
      const first = await startedBefore(all, "process:s2.first0");
      assert.ok(
        first < count / 2,
        `the other client's first process was started after ${first} of the flood's ${count}`,
      );
    });

    for (const [title, count, methods] of [
      ["requests take turns", 4000, ["server/status"]],
      [
        "requests for usage that come together share one look at the processes",
        4000,
        ["process/usage", "server/status"],
      ],
    ] as const)
      test(`${title} (${framing})`, async (t) => {
        const all = await scene(t, framing);
        const { flooder } = all;
        for (let i = 0; i < 10; i++)
          await flooder.request("process/start", {
            process: `process:s1.u${i}`,
            target: { command: "sleep", args: ["1000"] },
          });
        const send = () => {
          for (let i = 0; i < count; i++)
            flooder.send({ jsonrpc: "2.0", id: floodId + i, method: methods[i % methods.length], params: {} });
        };
        const { result } = await ask(all, send, "server/status", {});
        await askAgain(t, all, count, "server/sessions", () => ({}));
        // The server's own time says in which order it answered.
        const before = flooder.received.filter(({ result: one }) => one?.uptimeMs < result.uptimeMs);
        const first = before.length * methods.length;
        assert.ok(first < count / 2, `the other client was answered after ${first} of the flood's ${count}`);
      });
  }

  test("a pool's commands take turns with another client's process", async (t) => {
    const all = await scene(t, "frames");
    const items = Array.from({ length: 200 }, () => Buffer.from([0xc0]));
    const map = () => flood(all.flooder, 1, "pool/map", () => ({ target: one, processes: items.length, items }));
    await ask(all, map, "process/start", { process: "process:s2.first", target: one });
    await askAgain(t, all, 1, "process/start", (i) => ({ process: `process:s2.o${i}`, target: one }));
    const first = await startedBefore(all, "process:s2.first");
    assert.ok(
      first < items.length / 2,
      `the other client's process was started after ${first} of ${items.length} commands`,
    );
  });

  test("a list and a kill do not wait behind starts", async (t) => {
    const all = await scene(t, "frames");
    const { flooder, other } = all;
    const count = 200;
    const last = `process:s1.f${count - 1}`;
    const send = () => {
      flood(flooder, count, "process/start", (i) => ({
        process: `process:s1.f${i}`,
        target: { command: "sleep", args: ["1000"] },
      }));
      flooder.send({ jsonrpc: "2.0", id: "kill", method: "process/kill", params: { process: last } });
    };
    const { result } = await ask(all, send, "process/list", { scope: "all" });
    const running = (result.processes as { state: string }[]).filter(({ state }) => state === "running").length;
    assert.ok(running < count / 2, `${running} of ${count} had been started`);
    assert.equal((await flooder.answer("kill")).error, undefined);
    const { error } = await flooder.answer(floodId + count - 1);
    assert.match(error?.message ?? "it was started", /ended \(SIGKILL\) while it waited to be started/);
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
