import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { test, type TestContext } from "node:test";
import { PolyprocError, TaskFailed, WorkerLost } from "polyproc";
import { waitFor, within } from "../../deadline.js";
import { compiled } from "../../fixture.js";
import { isLiving } from "../../living.js";
import { needs } from "../../tools/needs.js";
import { execFileSync } from "node:child_process";
import {
  begins,
  dies,
  double,
  fails,
  killsAgent,
  logged,
  notes,
  setClusterStage,
  startAgent,
  taskFile,
} from "./cluster-stage.js";

const redis = needs("redis-server");

test(
  "a pool in a cluster maps, applies and iterates as a local one, with the errors of a local one",
  redis,
  async (t) => {
    const { stage, address } = await setClusterStage(t);
    const pool = new stage.mp.Pool({ cluster: address });
    const many = Array.from({ length: 1500 }, (_, n) => n);
    assert.deepEqual(
      await within(pool.map(double, many), "the map"),
      many.map((n) => n * 2),
    );
    assert.deepEqual(
      await within(pool.map(double, many, { chunkSize: 1 }), "the map one by one"),
      many.map((n) => n * 2),
    );
    assert.equal(await within(pool.apply(double, [21]), "apply"), 42);
    const iterated: number[] = [];
    for await (const n of pool.imap(double, many.slice(0, 100))) iterated.push(n);
    assert.deepEqual(
      iterated,
      many.slice(0, 100).map((n) => n * 2),
    );
    const [failed, lost] = [
      await pool.apply(fails, [1]).catch((error: unknown) => error),
      await pool.apply(dies, []).catch((error: unknown) => error),
    ];
    assert.ok(failed instanceof TaskFailed);
    assert.match(failed.message, /1 is too small/);
    assert.ok(lost instanceof WorkerLost);
    assert.equal(lost.signal, "SIGKILL");
    await within(pool.terminate(), "the end of the pool");
  },
);

test("the command line runs functions on a cluster, and lists its hosts", redis, async (t) => {
  const { redis: store } = await setClusterStage(t, ["gamma"]);
  const cli = (...args: string[]) =>
    execFileSync(process.execPath, [compiled("cli/main"), ...args], {
      encoding: "utf8",
      env: { ...process.env, POLYPROC_CLUSTER: store.url(), XDG_RUNTIME_DIR: "/nonexistent" },
    });
  const out = cli("map", "--cluster", "--module", taskFile, "--export", "double", "-k", "--json-items", "-q", "1", "2");
  assert.equal(out, "2\n4\n");
  const listed = JSON.parse(cli("ps", "--cluster", store.url(), "--json")) as { hosts: { host: string }[] };
  assert.deepEqual(
    listed.hosts.map(({ host }) => host),
    ["gamma"],
  );
  assert.match(cli("ps", "--cluster"), /^gamma\s+\d+\s+0\s+2\s+[\d.]+\s+ready$/m);
});

test("the packs of a killed agent run on another host, and each task is told once", redis, async (t) => {
  const { stage, address, agents, log, gate } = await setClusterStage(t);
  const pool = new stage.mp.Pool({ cluster: address });
  const items = Array.from({ length: 8 }, (_, n) => ({ n, log, until: gate }));
  const told = new Map<number, number>();
  const results = (async () => {
    for await (const n of pool.imapUnordered(logged, items)) told.set(n, (told.get(n) ?? 0) + 1);
  })();
  await waitFor(() => begins(log).length === 4, { what: "tasks on both hosts" });
  const victim = agents[0]!.process;
  const orphans = begins(log).filter(({ agent }) => agent === victim.pid);
  assert.equal(orphans.length, 2);
  victim.kill("SIGKILL");
  await waitFor(() => orphans.every(({ pid }) => !isLiving(pid)), { what: "the guardian's work" });
  writeFileSync(gate, "");
  await within(results, "all results");
  assert.deepEqual(
    [...told.keys()].toSorted((a, b) => a - b),
    items.map(({ n }) => n),
  );
  assert.ok([...told.values()].every((times) => times === 1));
  // Only what the dead host had was run again.
  const again = begins(log).length - items.length;
  assert.equal(again, 2);
  await pool.terminate();
});

test("an agent that stops past its lease gives no second outcome when it goes on", redis, async (t) => {
  const { stage, address, agents, log, gate } = await setClusterStage(t, ["alpha", "beta"]);
  const pool = new stage.mp.Pool({ cluster: address });
  const result = pool.apply(logged, [{ n: 1, log, until: gate }]);
  const first = await waitFor(() => begins(log)[0], { what: "the task" });
  const stopped = agents.find(({ process }) => process.pid === first.agent)!.process;
  stopped.kill("SIGSTOP");
  await waitFor(() => begins(log).length === 2, { what: "the task on the other host" });
  stopped.kill("SIGCONT");
  await waitFor(() => !isLiving(first.pid), { what: "the end of the first run" });
  writeFileSync(gate, "");
  assert.equal(await within(result, "the result"), 1);
  assert.deepEqual(
    notes(log)
      .filter(({ what }) => what === "end")
      .map(({ pid }) => pid),
    [begins(log)[1]!.pid],
  );
  assert.equal(await within(pool.apply(double, [4]), "a task afterwards"), 8);
  await pool.terminate();
});

/** Starts an agent, and another one each time that it dies. */
async function startAgentsAgain(t: TestContext, address: string): Promise<() => void> {
  let over = false;
  let count = 0;
  const again = async () => {
    const { process } = await startAgent(t, address, `host-${count++}`);
    process.once("exit", () => {
      if (!over) void again();
    });
  };
  await again();
  return () => {
    over = true;
  };
}

test("a task that kills each agent fails with AgentLost, and its neighbours in the pack succeed", redis, async (t) => {
  const { stage, address } = await setClusterStage(t, []);
  const pool = new stage.mp.Pool({ cluster: address });
  const stop = await startAgentsAgain(t, address);
  const items = Array.from({ length: 12 }, (_, n) => ({ n, poison: 5 }));
  const results = await within(pool.map(killsAgent, items, { chunkSize: 1, returnExceptions: true }), "the map");
  stop();
  failsAlone(results, 5);
  await pool.terminate();
});

test("a task that runs beside one that kills each agent succeeds", redis, async (t) => {
  const { stage, address } = await setClusterStage(t, []);
  const pool = new stage.mp.Pool({ cluster: address });
  const stop = await startAgentsAgain(t, address);
  // An agent has two slots, so two items run whenever there are two: a long one dies with the agent.
  const items = [0, 1].map((n) => ({ n, poison: 1, ms: 1000 }));
  const results = await within(pool.map(killsAgent, items, { chunkSize: 1, returnExceptions: true }), "the map");
  stop();
  failsAlone(results, 1);
  await pool.terminate();
});

function failsAlone(results: readonly unknown[], poison: number): void {
  const failed = results.flatMap((result, n) => (result instanceof Error ? [[n, result] as const] : []));
  assert.deepEqual(
    failed.map(([n]) => n),
    [poison],
  );
  assert.ok(failed[0]![1] instanceof PolyprocError);
  assert.equal(failed[0]![1].codeName, "AgentLost");
}

test("a draining agent ends its tasks, takes no more, and leaves", redis, async (t) => {
  const { stage, address, agents, log, gate } = await setClusterStage(t);
  const pool = new stage.mp.Pool({ cluster: address });
  const results = pool.map(
    logged,
    Array.from({ length: 12 }, (_, n) => ({ n, log, until: gate })),
    { chunkSize: 1 },
  );
  await waitFor(() => begins(log).length === 4, { what: "tasks on both hosts" });
  agents[0]!.process.kill("SIGTERM");
  await waitFor(async () => (await hostsOf(stage, address)).find(({ host }) => host === "alpha")?.draining, {
    what: "a host that drains",
  });
  writeFileSync(gate, "");
  assert.equal((await within(results, "the map")).length, 12);
  assert.equal(await agents[0]!.exited(), 0);
  assert.equal(begins(log).length, 12);
  assert.equal(begins(log).filter(({ agent }) => agent === agents[0]!.process.pid).length, 2);
  assert.deepEqual(
    (await hostsOf(stage, address)).map(({ host }) => host),
    ["beta"],
  );
  await stage.mp.connection.request("cluster/drain", { cluster: address, host: "beta" });
  assert.equal(await agents[1]!.exited(), 0);
  await pool.terminate();
});

test("an agent that is told twice to end gives its tasks to other hosts", redis, async (t) => {
  const { stage, address, agents, log, gate } = await setClusterStage(t, ["alpha"]);
  const pool = new stage.mp.Pool({ cluster: address });
  const result = pool.apply(logged, [{ n: 1, log, until: gate }]);
  await waitFor(() => begins(log).length === 1, { what: "the task" });
  agents[0]!.process.kill("SIGTERM");
  await waitFor(async () => (await hostsOf(stage, address))[0]?.draining, { what: "a host that drains" });
  agents[0]!.process.kill("SIGTERM");
  assert.equal(await agents[0]!.exited(), 0);
  await startAgent(t, address, "beta");
  await waitFor(() => begins(log).length === 2, { what: "the task on the other host" });
  writeFileSync(gate, "");
  assert.equal(await within(result, "the result"), 1);
  await pool.terminate();
});

async function hostsOf({ mp }: { mp: { connection: { request: Function } } }, cluster: string) {
  const { hosts } = (await mp.connection.request("cluster/hosts", { cluster })) as {
    hosts: { host: string; draining: boolean }[];
  };
  return hosts;
}
