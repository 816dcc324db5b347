import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { cwd } from "node:process";
import { test, type TestContext } from "node:test";
import type { Event, Snapshot } from "../../../protocol/events.js";
import type { PoolInfo } from "../../../protocol/pool.js";
import type { ProcessInfo } from "../../../protocol/process.js";
import type { Part } from "../../../extension/model/model.js";
import { maxEnded } from "../../../extension/model/process-book.js";
import { ServerModel } from "../../../extension/model/server-model.js";
import { encode } from "../../../bindings/typescript/session/codec.js";
import { waitFor } from "../../deadline.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { startUnixServer } from "../../server/server-process.js";
import { openWindow } from "../connection/window.js";
import { FakeServer } from "./fake-server.js";

const nothing: Snapshot = { seq: 0, processes: [], pools: [], sync: [], deadlocks: [], runs: [], sessions: [] };

let counted = 0;
function process_(changes: Partial<ProcessInfo> = {}): ProcessInfo {
  return {
    process: `process:s1.${++counted}`,
    pid: counted,
    name: "p",
    role: "process",
    state: "running",
    daemon: false,
    runtime: "command",
    target: "sleep",
    source: null,
    cwd: "/w",
    parent: null,
    session: "s1",
    pool: null,
    exitCode: null,
    reason: null,
    startedAt: 0,
    endedAt: null,
    task: null,
    ...changes,
  };
}

const pool: PoolInfo = {
  pool: "pool:s1.1",
  name: null,
  run: null,
  session: "s1",
  state: "running",
  processes: 4,
  workers: 4,
  busy: 4,
  queued: 10,
  done: 0,
  failed: 0,
};

type Change = Event extends infer E ? (E extends Event ? Omit<E, "seq"> : never) : never;
let seq = 0;
const events = (...changes: Change[]) => ({ events: changes.map((change) => ({ ...change, seq: ++seq })) });

async function connected(
  t: TestContext,
  snapshot: Snapshot = nothing,
): Promise<{ server: FakeServer; model: ServerModel; told: ReadonlySet<Part>[] }> {
  const server = new FakeServer();
  const model = new ServerModel(server, {
    onFault: (error) => {
      throw error;
    },
  });
  t.after(() => model.dispose());
  const told: ReadonlySet<Part>[] = [];
  model.onDidChange((parts) => told.push(parts));
  server.answers["events/subscribe"] = () => ({ instanceId: "i", seq: snapshot.seq, snapshot });
  server.connect();
  await waitFor(() => told.length > 0);
  return { server, model, told };
}

test("the snapshot, then the changes; entries are replaced and not altered", async (t) => {
  const first = process_();
  const { server, model } = await connected(t, { ...nothing, processes: [first], pools: [pool] });
  assert.equal(model.processes.get(first.process), first);
  const changed = { ...first, name: "q" };
  server.notify("events/changed", events({ topic: "process", process: changed }));
  assert.equal(model.processes.get(first.process), changed);
  assert.equal(model.pools.get(pool.pool), pool);
});

test("changes that come before the answer to subscribe are not lost, nor applied twice", async (t) => {
  const server = new FakeServer();
  const model = new ServerModel(server, {
    onFault: (error) => {
      throw error;
    },
  });
  t.after(() => model.dispose());
  let answer: (value: unknown) => void = () => {};
  server.answers["events/subscribe"] = () => new Promise((resolve) => (answer = resolve));
  server.connect();
  const old = process_();
  const fresh = process_();
  server.notify("events/changed", {
    events: [
      { seq: 5, topic: "process", process: { ...old, name: "before" } },
      { seq: 7, topic: "process", process: fresh },
    ],
  });
  answer({ instanceId: "i", seq: 6, snapshot: { ...nothing, seq: 6, processes: [{ ...old, name: "after" }] } });
  await waitFor(() => model.processes.size === 2);
  assert.equal(model.processes.get(old.process)?.name, "after");
  assert.equal(model.processes.get(fresh.process), fresh);
});

test("of what ended only that is kept which is worth a look, and not for ever", async (t) => {
  const { server, model } = await connected(t, { ...nothing, pools: [pool] });
  const end = (changes: Partial<ProcessInfo>) => {
    const ended = process_({ state: "exited", exitCode: 0, endedAt: Date.now(), ...changes });
    server.notify("events/changed", events({ topic: "process", process: ended }));
    return model.processes.has(ended.process);
  };
  assert.ok(end({}));
  assert.ok(end({ role: "worker", pool: pool.pool, exitCode: 1 }));
  assert.ok(end({ role: "worker", pool: pool.pool, exitCode: -11 }));
  assert.ok(end({ role: "task", pool: pool.pool, exitCode: 2 }));
  assert.ok(!end({ role: "worker", pool: pool.pool }));
  assert.ok(!end({ role: "task", pool: pool.pool }));
  assert.ok(!end({ role: "host", exitCode: 1 }));

  for (let i = 0; i < 2 * maxEnded; i++) end({});
  assert.equal(model.processes.size, maxEnded);
  const [some] = model.processes.keys();
  model.dismiss(some!);
  assert.equal(model.processes.size, maxEnded - 1);
  const living = process_();
  server.notify("events/changed", events({ topic: "process", process: living }));
  model.dismiss(living.process);
  model.dismissEnded();
  assert.deepEqual([...model.processes.keys()], [living.process]);
});

test("workers that a terminated pool killed are not told as failures, though its news come later", async (t) => {
  const { server, model } = await connected(t, { ...nothing, pools: [pool] });
  const killed = process_({ role: "worker", pool: pool.pool, state: "exited", exitCode: -9, endedAt: Date.now() });
  const crashed = process_({ role: "worker", pool: pool.pool, state: "exited", exitCode: -11, endedAt: Date.now() });
  server.notify(
    "events/changed",
    events({ topic: "process", process: killed }, { topic: "process", process: crashed }),
  );
  server.notify(
    "events/changed",
    events({ topic: "pool", pool: { ...pool, state: "terminated", workers: 0, queued: 0 } }),
  );
  assert.deepEqual([...model.processes.keys()], [crashed.process]);
  assert.equal(model.pools.size, 0);
});

test("workers that the cancellation of their run killed are not told as failures", async (t) => {
  const ofRun = { ...pool, run: "run:s1.1" };
  const run = {
    run: "run:s1.1",
    name: "r",
    target: "t",
    state: "running" as const,
    pool: pool.pool,
    job: "job:server.1",
    processes: 2,
    total: 9,
    queued: 0,
    running: 2,
    done: 1,
    failed: 0,
    cancelled: 6,
    startedAt: 0,
    endedAt: null,
    session: "s1",
  };
  const { server, model } = await connected(t, { ...nothing, pools: [ofRun], runs: [run] });
  const killed = () =>
    process_({ role: "worker", pool: pool.pool, state: "exited", exitCode: -9, endedAt: Date.now() });
  const before = killed();
  server.notify(
    "events/changed",
    events(
      { topic: "process", process: before },
      { topic: "run", run: { ...run, state: "cancelled" } },
      { topic: "process", process: killed() },
    ),
  );
  assert.deepEqual([...model.processes.keys()], [before.process]);
});

test("a server that was told to stop killed its workers by that; one that is lost leaves them to be looked at", async (t) => {
  for (const [state, kept] of [
    [{ kind: "none" }, 0],
    [{ kind: "lost", detail: "gone" }, 1],
  ] as const) {
    const { server, model } = await connected(t, { ...nothing, pools: [pool] });
    server.notify(
      "events/changed",
      events({
        topic: "process",
        process: process_({ role: "worker", pool: pool.pool, state: "exited", exitCode: -15, endedAt: Date.now() }),
      }),
    );
    assert.equal(model.processes.size, 1);
    server.become(state);
    assert.equal(model.processes.size, kept, state.kind);
  }
});

test("a pool leaves once it takes no more work, has none, and its workers have gone", async (t) => {
  const { server, model } = await connected(t, { ...nothing, pools: [pool] });
  const stays = (changes: Partial<PoolInfo>) => {
    server.notify("events/changed", events({ topic: "pool", pool: { ...pool, ...changes } }));
    return model.pools.has(pool.pool);
  };
  assert.ok(stays({ workers: 0, queued: 0 }));
  assert.ok(stays({ state: "closed", workers: 0, queued: 1 }));
  assert.ok(stays({ state: "closed", workers: 1, queued: 0 }));
  assert.ok(!stays({ state: "closed", workers: 0, queued: 0 }));
  assert.ok(stays({ state: "terminated", workers: 1, queued: 0 }));
  assert.ok(!stays({ state: "terminated", workers: 0, queued: 0 }));
});

test("what is gone, resolved or over leaves", async (t) => {
  const sync = { handle: "lock:s1.1", kind: "lock" as const, holders: [], waiters: [], value: 0, limit: null };
  const session = {
    session: "s2",
    role: "client" as const,
    name: "x",
    version: null,
    pid: 1,
    process: null,
    connectedAt: 0,
  };
  const deadlock = { deadlock: "d1", cycle: [], detectedAt: 0 };
  const { server, model } = await connected(t, {
    ...nothing,
    sync: [sync],
    sessions: [session],
    deadlocks: [deadlock],
  });
  assert.deepEqual([model.sync.size, model.sessions.size, model.deadlocks.size], [1, 1, 1]);
  server.notify(
    "events/changed",
    events(
      { topic: "sync", sync, gone: true },
      { topic: "session", session, gone: true },
      { topic: "deadlock", deadlock, resolved: true },
    ),
  );
  assert.deepEqual([model.sync.size, model.sessions.size, model.deadlocks.size], [0, 0, 0]);
});

test("after a reset it is asked how those ended that ended meanwhile", async (t) => {
  const living = process_();
  const { server, model } = await connected(t, { ...nothing, processes: [living] });
  const ended = { ...living, state: "exited" as const, exitCode: 3, endedAt: 1 };
  server.answers["process/list"] = () => ({
    processes: [ended, process_({ state: "exited", exitCode: 1, endedAt: 1 })],
  });
  server.notify("events/reset", { snapshot: nothing });
  await waitFor(() => model.processes.get(living.process)?.exitCode === 3);
  assert.equal(model.processes.size, 1);
});

test("a server that is lost takes all with it but what ended; the next one is followed from the beginning", async (t) => {
  const ended = process_({ state: "exited", exitCode: 0, endedAt: 1 });
  const { server, model, told } = await connected(t, { ...nothing, processes: [process_()], pools: [pool] });
  server.notify("events/changed", events({ topic: "process", process: ended }));
  told.length = 0;
  server.become({ kind: "lost", detail: "gone" });
  assert.deepEqual([...model.processes.values()], [ended]);
  assert.equal(model.pools.size, 0);
  assert.equal(server.listening, 0);
  await waitFor(() => told.length > 0);
  assert.ok(told[0]!.has("processes") && told[0]!.has("pools"));
  const fresh = process_();
  server.answers["events/subscribe"] = () => ({
    instanceId: "j",
    seq: 1,
    snapshot: { ...nothing, processes: [fresh] },
  });
  server.connect();
  await waitFor(() => model.processes.has(fresh.process));
  assert.ok(model.processes.has(ended.process));
});

test("thousands of changes are told a few times, all of them", async (t) => {
  const { server, model, told } = await connected(t);
  told.length = 0;
  const from = performance.now();
  const one = process_();
  for (let i = 0; i < 20_000; i++)
    server.notify(
      "events/changed",
      events({ topic: "process", process: { ...one, task: { job: "job:s1.1", index: i, startedAt: 0 } } }),
    );
  await waitFor(() => told.length > 0);
  assert.equal(model.processes.get(one.process)?.task?.index, 19_999);
  assert.ok(told.length <= 1 + (performance.now() - from) / 100, `${told.length} times`);
});

test("usage is asked for only while somebody watches, and never twice at once", async (t) => {
  const { server, model } = await connected(t);
  let answer: (value: unknown) => void = () => {};
  server.answers["process/usage"] = () => new Promise((resolve) => (answer = resolve));
  const asked = () => server.asked.filter(({ method }) => method === "process/usage").length;
  assert.equal(asked(), 0);
  t.mock.timers.enable({ apis: ["setInterval"] });
  const first = model.watchUsage();
  const second = model.watchUsage();
  assert.equal(asked(), 1);
  t.mock.timers.tick(10_000);
  assert.equal(asked(), 1);
  const usage = { process: "process:s1.1", pid: 1, cpuPercent: 1, memoryBytes: 1, descendants: [] };
  answer({ usage: [usage] });
  await waitFor(() => model.usage.size === 1);
  t.mock.timers.tick(2000);
  assert.equal(asked(), 2);
  answer({ usage: [] });
  await waitFor(() => model.usage.size === 0);
  first.dispose();
  first.dispose();
  t.mock.timers.tick(2000);
  assert.equal(asked(), 3);
  second.dispose();
  answer({ usage: [usage] });
  t.mock.timers.tick(10_000);
  assert.equal(asked(), 3);
});

test("a pool's rate is that of the last seconds, and falls to nothing by itself", async (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  let now = 1000;
  t.mock.method(performance, "now", () => now);
  const server = new FakeServer();
  const model = new ServerModel(server, {
    onFault: (error) => {
      throw error;
    },
  });
  t.after(() => model.dispose());
  server.answers["events/subscribe"] = () => ({ instanceId: "i", seq: 0, snapshot: { ...nothing, pools: [pool] } });
  server.connect();
  for (let i = 0; i < 10; i++) await Promise.resolve();
  for (let second = 1; second <= 10; second++) {
    now += 1000;
    server.notify("events/changed", events({ topic: "pool", pool: { ...pool, done: 40 * second } }));
  }
  assert.equal(model.rates.get(pool.pool), 40);
  now += 2500;
  t.mock.timers.tick(1000);
  assert.equal(model.rates.get(pool.pool), 24);
  now += 6000;
  t.mock.timers.tick(1000);
  assert.equal(model.rates.get(pool.pool), 0);
});

test("a listener that fails does not keep the others from being told", async (t) => {
  const faults: unknown[] = [];
  const server = new FakeServer();
  const model = new ServerModel(server, { onFault: (error) => faults.push(error) });
  t.after(() => model.dispose());
  server.answers["events/subscribe"] = () => ({ instanceId: "i", seq: 0, snapshot: nothing });
  let told = false;
  model.onDidChange(() => {
    throw new Error("mine");
  });
  model.onDidChange(() => (told = true));
  server.connect();
  await waitFor(() => told);
  assert.equal((faults[0] as Error).message, "mine");
});

test("with a real server: processes, pools, runs, locks and sessions come and go", async (t) => {
  const { path } = await startUnixServer(t);
  const { server } = openWindow(t, path);
  const model = new ServerModel(server, {
    onFault: (error) => {
      throw error;
    },
  });
  t.after(() => model.dispose());
  const rpc = await server.ensure();
  const process = rpc.mint("process");
  await rpc.request("process/start", { process, target: { command: "sh", args: ["-c", "exit 3"] }, name: "three" });
  await waitFor(() => model.processes.get(process)?.state === "exited");
  assert.deepEqual([model.processes.get(process)?.exitCode, model.processes.get(process)?.reason], [3, "exit code 3"]);

  assert.deepEqual([model.processes.get(process)?.source, model.processes.get(process)?.cwd], [null, cwd()]);

  const lock = rpc.mint("lock");
  await rpc.request("lock/create", { lock });
  await rpc.request("lock/acquire", { lock });
  await waitFor(() => model.sync.get(lock)?.holders[0] === rpc.facts.session);
  assert.equal(model.sessions.get(rpc.facts.session)?.name, "test");

  const pool = rpc.mint("pool");
  const job = rpc.mint("job");
  await rpc.request("pool/create", { pool, processes: 1 });
  const source =
    "(path) => { const { existsSync } = require('node:fs'); return new Promise((resolve) => { const look = () => (existsSync(path) ? resolve(1) : setTimeout(look, 5)); look(); }); }";
  await rpc.request("job/create", { job, pool, target: { source }, mode: "map" });
  const go = join(temporaryFolder(t), "go");
  await rpc.request("job/submit", { job, tasks: [{ index: 7, items: encode([go]) }] });
  const worker = await waitFor(() =>
    [...model.processes.values()].find(({ role, task }) => role === "worker" && task !== null),
  );
  assert.deepEqual([worker.task?.job, worker.task?.index], [job, 7]);
  writeFileSync(go, "");
  await waitFor(() => model.processes.get(worker.process)?.task === null);
  await rpc.request("pool/terminate", { pool });

  const run = rpc.mint("run");
  await rpc.request("run/start", {
    run,
    target: { command: "true" },
    processes: 2,
    items: Array.from({ length: 20 }, () => Buffer.from([0xc0])),
  });
  await waitFor(() => model.runs.get(run)?.endedAt);
  assert.equal(model.runs.get(run)?.done, 20);
  await waitFor(() => model.pools.size === 0);
  assert.deepEqual([...model.processes.keys()], [process]);
  await rpc.request("run/forget", { run });
  await waitFor(() => model.runs.size === 0);
});
