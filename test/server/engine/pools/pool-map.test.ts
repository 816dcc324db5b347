import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { mapInPool } from "../../../../server/engine/pools/pool-map.js";
import { Wait } from "../../../../server/engine/wait.js";
import { waitFor } from "../../../deadline.js";
import { PoolWorld, runAll, settle } from "../fake-hosts.js";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;
const items = () => [new Uint8Array([1]), new Uint8Array([2])];

test("a map that is refused leaves no pool behind", () => {
  const world = new PoolWorld();
  const refused = { target: { source: "(n) => n", runtime: "absent" }, items: items() };
  assert.throws(() => mapInPool(world.engine, world.client, refused), { codeName: "TargetNotFound" });
  assert.deepEqual(world.engine.pools(), []);
});

test("a map that has ended leaves nothing in its session", async () => {
  const world = new PoolWorld();
  const results = async () => {
    const wait = mapInPool(world.engine, world.client, { target: { module: "/tasks.js" }, items: items() });
    assert.ok(wait instanceof Wait);
    const answer = new Promise<{ outcomes: object[] }>((resolve) =>
      wait.onSettled((outcome) => resolve((outcome as { value: { outcomes: object[] } }).value)),
    );
    world.connectAll();
    await settle();
    await runAll(world);
    const { outcomes } = await answer;
    assert.equal(outcomes.length, 2);
    return new WeakRef(outcomes);
  };
  const kept = await results();
  // The test's hosts keep the messages that they were sent.
  await waitFor(() => (collectGarbage(), kept.deref() === undefined), { what: "the results to be let go" });
});

/** A blob: msgpack's extension 2, with one byte. */
const privateToItsLanguage = new Uint8Array([0xd4, 2, 0]);

test("results that only the caller reads may be one blob", async () => {
  const world = new PoolWorld();
  world.job(world.pool({ processes: 1 })).submit([{ index: 0, count: 3, items: privateToItsLanguage }]);
  const host = world.hosts[0]!.connect();
  await settle();
  host.succeed(host.begin()!, privateToItsLanguage);
  await settle();
  assert.deepEqual(
    world.results.map(({ count, values }) => [count, values]),
    [[3, privateToItsLanguage]],
  );
  assert.deepEqual(host.signals, []);
});

test("a worker that sends a blob as the results of a map, whose lists the server reads, is expelled", async () => {
  const world = new PoolWorld();
  mapInPool(world.engine, world.client, {
    target: { module: "/tasks.js" },
    items: [new Uint8Array([1])],
    processes: 1,
  });
  const host = world.hosts[0]!.connect();
  await settle();
  host.succeed(host.begin()!, privateToItsLanguage);
  await settle();
  assert.deepEqual(host.signals, ["SIGKILL"]);
});

test("an item for a program that is not a valid value fails alone, in a map and in a run", async () => {
  const world = new PoolWorld();
  const given = { target: { command: "true" }, items: [new Uint8Array()], processes: 1 };
  const map = mapInPool(world.engine, world.client, given);
  assert.ok(map instanceof Wait);
  let ok: boolean | undefined;
  map.onSettled((outcome) => (ok = (outcome as { value: { outcomes: { ok: boolean }[] } }).value.outcomes[0]!.ok));
  world.engine.runs.start(world.client, { run: "run:s1.broken", ...given });
  world.clock.advance(1);
  await settle();
  assert.equal(ok, false);
  assert.equal(world.engine.runs.list()[0]!.failed, 1);
});
