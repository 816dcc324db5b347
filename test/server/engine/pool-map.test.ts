import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { mapInPool } from "../../../server/engine/pool-map.js";
import { Wait } from "../../../server/engine/wait.js";
import { waitFor } from "../../deadline.js";
import { PoolWorld, runAll, settle } from "./fake-hosts.js";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;
const items = () => [new Uint8Array([1]), new Uint8Array([2])];

test("a map that is refused leaves no pool behind", () => {
  const world = new PoolWorld();
  const refused = { target: { source: "(n) => n", runtime: "absent" }, items: items() };
  assert.throws(() => mapInPool(world.engine, world.client, refused), { codeName: "TargetNotFound" });
  assert.deepEqual(world.engine.pools(), []);
});

test("a map that has ended leaves nothing with a session that goes on", async () => {
  const world = new PoolWorld();
  const results = async () => {
    const wait = mapInPool(world.engine, world.client, { target: { module: "/tasks.js" }, items: items() });
    assert.ok(wait instanceof Wait);
    const answer = new Promise<{ outcomes: object[] }>((resolve) => wait.onSettled((outcome) => resolve((outcome as { value: { outcomes: object[] } }).value)));
    world.connectAll();
    await settle();
    await runAll(world);
    const { outcomes } = await answer;
    assert.equal(outcomes.length, 2);
    return new WeakRef(outcomes);
  };
  const kept = await results();
  // The hosts of the test remember what they were sent, not what came of it.
  await waitFor(() => (collectGarbage(), kept.deref() === undefined), { what: "the results to be let go" });
});
