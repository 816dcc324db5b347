import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { PolyprocError } from "polyproc";
import { within } from "../../deadline.js";
import { needs } from "../../tools/needs.js";
import { killsAgent, setClusterStage, spawnAgent } from "./cluster-stage.js";

const redis = needs("redis-server");

/** Starts an agent, and another one each time that it dies, until the result is called or the test ends. */
function startAgentsAgain(t: TestContext, address: string): () => void {
  let over = false;
  let count = 0;
  const stop = () => {
    over = true;
  };
  t.after(stop);
  // It may be killed as soon as it takes work.
  const again = () => {
    spawnAgent(t, address, `host-${count++}`).process.once("exit", () => {
      if (!over) again();
    });
  };
  again();
  return stop;
}

test("a task that kills each agent fails with AgentLost, and its neighbours in the pack succeed", redis, async (t) => {
  const { stage, address } = await setClusterStage(t, [], { lease: 2 });
  const pool = new stage.mp.Pool({ cluster: address });
  const stop = startAgentsAgain(t, address);
  const items = Array.from({ length: 12 }, (_, n) => ({ n, poison: 5 }));
  const results = await within(
    pool.map(killsAgent, items, { chunkSize: 1, returnExceptions: true }),
    "the map",
    240_000,
  );
  stop();
  failsAlone(results, 5);
  await pool.terminate();
});

test("a task that runs beside one that kills each agent succeeds", redis, async (t) => {
  const { stage, address } = await setClusterStage(t, [], { lease: 2 });
  const pool = new stage.mp.Pool({ cluster: address });
  const stop = startAgentsAgain(t, address);
  // An agent has two slots, so two items run whenever there are two: a long one dies with the agent.
  const items = [0, 1].map((n) => ({ n, poison: 1, ms: 1000 }));
  const results = await within(
    pool.map(killsAgent, items, { chunkSize: 1, returnExceptions: true }),
    "the map",
    240_000,
  );
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
