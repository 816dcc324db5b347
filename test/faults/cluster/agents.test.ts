import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { test } from "node:test";
import { waitFor, within } from "../../deadline.js";
import { isLiving } from "../../living.js";
import { needs } from "../../tools/needs.js";
import { start as startCli } from "../../cli/polyproc.js";
import { begins, double, logged, notes, setClusterStage, startAgent, taskFile } from "./cluster-stage.js";
import { TestRedis } from "./redis.js";

const redis = needs("redis-server");

test("the packs of a killed agent run on another host, and each task is told once", redis, async (t) => {
  const { stage, address, agents, log, gate } = await setClusterStage(t, ["alpha", "beta"], { lease: 5 });
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
  const { stage, address, agents, log, gate } = await setClusterStage(t, ["alpha", "beta"], { lease: 4 });
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

test("map --cluster without any agent says how to start one, once, and goes on waiting", redis, async (t) => {
  const store = await TestRedis.start(t);
  const address = store.url();
  const map = startCli(t, [
    "map",
    "--cluster",
    address,
    "--module",
    taskFile,
    "--export",
    "double",
    "--json-items",
    "4",
  ]);
  await waitFor(() => map.stderr().includes("no agent takes tasks of this cluster"), { what: "the word on agents" });
  await startAgent(t, address, "alpha");
  const { status, stdout, stderr } = await map.ended();
  assert.deepEqual({ status, stdout }, { status: 0, stdout: "8\n" });
  assert.equal(stderr.split("no agent takes").length, 2, stderr);
  assert.ok(stderr.includes(`polyproc agent --cluster ADDRESS --allow-module ${dirname(taskFile)}\n`), stderr);
});
