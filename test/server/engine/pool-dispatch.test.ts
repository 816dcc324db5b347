import assert from "node:assert/strict";
import { test } from "node:test";
import { PoolWorld, settle } from "./fake-hosts.js";

test("while nothing is known of how long tasks take, none waits behind another that may never end", async () => {
  const world = new PoolWorld();
  const job = world.job(world.pool({ processes: 2 }));
  job.submit(world.tasks(3));
  const first = world.hosts[0]!.connect();
  await settle();
  const second = world.hosts[1]!.connect();
  await settle();
  assert.deepEqual([first.list.map((task) => task.index), second.list.map((task) => task.index)], [[0], [1]]);
});
