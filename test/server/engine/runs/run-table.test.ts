import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Payload } from "../../../../protocol/schema.js";
import { waitFor } from "../../../deadline.js";
import { PoolWorld, settle } from "../fake-hosts.js";
import { RunWorld } from "./run-world.js";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const target = { module: "/tasks.js", export: "work" };

function start(world: PoolWorld, run: string, items: Payload[] = []): void {
  world.engine.runs.start(world.client, { run, target, items, processes: 1 });
}

test("a handle is used once, like all handles; a name is free again when its run was forgotten", async () => {
  const world = new PoolWorld();
  start(world, "run:@nightly");
  await settle();
  assert.throws(() => start(world, "run:@nightly"), { codeName: "BadState" });
  assert.throws(() => start(world, "run:s99.1"), { codeName: "InvalidParams" });
  world.engine.runs.forget("run:@nightly");
  start(world, "run:@nightly");
  assert.equal(world.engine.runs.list().length, 1);
});

test("an unfinished run cannot be forgotten; an unknown one is an error", () => {
  const world = new PoolWorld();
  start(world, "run:s1.1", [new Uint8Array([1])]);
  assert.equal(world.engine.runs.active, 1);
  assert.throws(() => world.engine.runs.forget("run:s1.1"), { codeName: "BadState" });
  assert.throws(() => world.engine.runs.get("run:s1.2"), { codeName: "UnknownHandle", message: /run\/list/ });
});

test("a run that cannot be started leaves nothing behind", () => {
  const world = new PoolWorld();
  const before = world.engine.registry.size;
  const bad = (spec: object) => () =>
    world.engine.runs.start(world.client, { run: "run:s1.1", target, items: [new Uint8Array([1])], ...spec });
  assert.throws(bad({ target: { module: "/tasks.py" } }), { codeName: "TargetNotFound" });
  assert.throws(bad({ target: { module: "/tasks" } }), { codeName: "TargetNotFound" });
  assert.throws(bad({ items: [[new Uint8Array([1]), ["lock:s9.1"]]] }), { codeName: "UnknownHandle" });
  assert.throws(bad({ meta: new Uint8Array(16 * 1024 * 1024 + 1) }), { codeName: "InvalidParams" });
  assert.deepEqual(
    [world.engine.registry.size, world.engine.runs.active, world.engine.pools(), world.hosts.length],
    [before, 0, [], 0],
  );
});

test("the last two hundred ended runs are kept", async () => {
  const world = new PoolWorld();
  for (let i = 0; i < 250; i++) start(world, `run:s1.${i}`);
  await settle();
  const kept = world.engine.runs.list().map((info) => info.run);
  assert.deepEqual([kept.length, kept[0], kept.at(-1)], [200, "run:s1.50", "run:s1.249"]);
});

test("remembered processes of a forgotten run do not keep it in memory", async () => {
  const world = new RunWorld();
  const finished = async () => {
    const run = world.start(5, { processes: 2 });
    await world.runAll();
    world.engine.runs.forget(run.handle);
    return new WeakRef(run);
  };
  const run = await finished();
  world.clock.advance(60_000);
  await settle();
  assert.equal(world.engine.processes.list(true).filter(({ role }) => role === "worker").length, 2);
  await waitFor(() => (collectGarbage(), run.deref() === undefined), { what: "the run to be collected" });
});

test("items of unfinished runs are bounded: more are refused, but never the first run", () => {
  const world = new PoolWorld({ maxQueuedBytes: 1000 });
  start(world, "run:s1.1", [new Uint8Array(5000)]);
  assert.throws(() => start(world, "run:s1.2", [new Uint8Array([1])]), { codeName: "Overloaded" });
  // A session's own tasks do not wait for a run.
  assert.equal(world.job(world.pool()).submit(world.tasks(3)), null);
});

test("a listener for ends of runs is called", async () => {
  const world = new PoolWorld();
  let ends = 0;
  world.engine.runs.onEnded(() => ends++);
  start(world, "run:s1.1");
  await settle();
  assert.deepEqual([ends, world.engine.runs.active], [1, 0]);
});
