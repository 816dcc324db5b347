import assert from "node:assert/strict";
import { test } from "node:test";
import type { PoolInfo } from "../../../protocol/pool.js";
import type { ProcessInfo } from "../../../protocol/process.js";
import { maxEnded } from "../../../extension/model/process-book.js";
import { connected, events, nothing, pool, process_ } from "./model-world.js";

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
