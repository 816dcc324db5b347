import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { cwd } from "node:process";
import { test } from "node:test";
import { ServerModel } from "../../../extension/model/server-model.js";
import { encode } from "../../../bindings/typescript/session/codec.js";
import { waitFor } from "../../deadline.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { startUnixServer } from "../../server/server-process.js";
import { openWindow } from "../connection/window.js";
import { FakeServer } from "./fake-server.js";
import { connected, dismissals, events, nothing, pool, process_ } from "./model-world.js";

test("the snapshot, then the changes; entries are replaced, not altered", async (t) => {
  const first = process_();
  const { server, model } = await connected(t, { ...nothing, processes: [first], pools: [pool] });
  assert.equal(model.processes.get(first.process), first);
  const changed = { ...first, name: "q" };
  server.notify("events/changed", events({ topic: "process", process: changed }));
  assert.equal(model.processes.get(first.process), changed);
  assert.equal(model.pools.get(pool.pool), pool);
});

test("changes that come before the answer to subscribe are applied once", async (t) => {
  const server = new FakeServer();
  const model = new ServerModel(server, {
    dismissals: dismissals(),
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

test("after a reset the model asks which processes ended in the meantime", async (t) => {
  const living = process_();
  const { server, model } = await connected(t, { ...nothing, processes: [living] });
  const ended = { ...living, state: "exited" as const, exitCode: 3, endedAt: 1 };
  server.answers["process/list"] = () => ({ processes: [ended] });
  server.notify("events/reset", { snapshot: nothing });
  await waitFor(() => model.processes.get(living.process)?.exitCode === 3);
  assert.equal(model.processes.size, 1);
});

test("processes that failed before the window connected are shown until they are dismissed", async (t) => {
  const exited = { state: "exited", endedAt: 1 } as const;
  const failed = process_({ ...exited, role: "task", pool: pool.pool, exitCode: 1 });
  const other = process_({ ...exited, role: "task", pool: pool.pool, exitCode: 2 });
  const fine = process_({ ...exited, role: "task", pool: pool.pool, exitCode: 0 });
  const living = process_();
  const store = dismissals();
  const snapshot = { ...nothing, processes: [living] };
  const open = () => connected(t, snapshot, { ended: [failed, other, fine], store });
  const shown = ({ model }: { model: ServerModel }) => [...model.processes.values()].map(({ exitCode }) => exitCode);

  const first = await open();
  await waitFor(() => first.model.processes.size === 3);
  assert.deepEqual(shown(first), [null, 1, 2]);
  first.model.dismiss(failed.process);
  assert.deepEqual(shown(first), [null, 2]);

  const second = await open();
  await waitFor(() => second.model.processes.size === 2);
  assert.deepEqual(shown(second), [null, 2]);
  // Another server gives the same handle to another process.
  const namesake = { ...failed, startedAt: failed.startedAt + 1 };
  second.server.notify("events/changed", events({ topic: "process", process: namesake }));
  assert.deepEqual(shown(second), [null, 2, 1]);
  second.model.dismissEnded();
  assert.deepEqual(shown(second), [null]);
});

test("when a server is lost only ended processes stay; the next server is followed from the beginning", async (t) => {
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

test("thousands of changes are reported in a few calls, none missing", async (t) => {
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

test("usage is requested only while a view shows it, and never twice at once", async (t) => {
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

test("a pool's rate is that of the last seconds, and falls to 0 without further events", async (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  let now = 1000;
  t.mock.method(performance, "now", () => now);
  const server = new FakeServer();
  const model = new ServerModel(server, {
    dismissals: dismissals(),
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

test("a listener that throws does not stop the others", async (t) => {
  const faults: unknown[] = [];
  const server = new FakeServer();
  const model = new ServerModel(server, { onFault: (error) => faults.push(error), dismissals: dismissals() });
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

test("with a real server: a command that failed before the window connected is shown", async (t) => {
  const { path } = await startUnixServer(t);
  const { server } = openWindow(t, path);
  const rpc = await server.ensure();
  const process = rpc.mint("process");
  await rpc.request("process/start", { process, target: { command: "sh", args: ["-c", "exit 3"] } });
  await rpc.request("process/join", { process });
  const late = new ServerModel(server, {
    dismissals: dismissals(),
    onFault: (error) => {
      throw error;
    },
  });
  t.after(() => late.dispose());
  await waitFor(() => late.processes.get(process)?.exitCode === 3);
});

test("with a real server: processes, pools, runs, locks and sessions are added and removed", async (t) => {
  const { path } = await startUnixServer(t);
  const { server } = openWindow(t, path);
  const model = new ServerModel(server, {
    dismissals: dismissals(),
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
    "(path) => { const { existsSync } = require('node:fs'); return new Promise((resolve) => { const look = () " +
    "=> (existsSync(path) ? resolve(1) : setTimeout(look, 5)); look(); }); }";
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
