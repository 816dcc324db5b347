import assert from "node:assert/strict";
import { test } from "node:test";
import type { PoolInfo } from "../../../protocol/pool.js";
import type { ProcessInfo } from "../../../protocol/process.js";
import { maxEnded } from "../../../extension/model/process-book.js";
import { connected, events, nothing, pool, process_ } from "./model-world.js";

test("ended processes and failed workers are kept, up to a limit", async (t) => {
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
  assert.ok(!end({ role: "worker", pool: pool.pool, exitCode: -9, dismissed: true }), "its pool ended it");
  assert.ok(!end({ role: "task", pool: pool.pool, exitCode: -15, dismissed: true }));
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

test("a pool is removed once it is closed, has no work, and its workers have gone", async (t) => {
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

test("released objects, resolved deadlocks and ended sessions are removed", async (t) => {
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
