import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { task } from "polyproc";
import { waitFor, within } from "../deadline.js";
import { isLiving } from "../living.js";
import { temporaryFolder } from "../temporary-folder.js";
import { setStage } from "./stage.js";
import * as tasks from "./tasks.js";

const meta = { url: new URL("./tasks.js", import.meta.url).href };

test("processes may have children and grandchildren: each knows its parent, and is joined when it ends", async (t) => {
  const stage = await setStage(t);
  const said = new stage.mp.Queue<string>();
  const child = new stage.mp.Process({ target: task(meta, tasks.tellGenerations), args: [3, said] });
  await child.start();
  await within(child.join(), "the end of all generations");
  assert.equal(child.exitCode, 0);
  assert.deepEqual(await stage.living(), []);
  assert.deepEqual(await said.getMany(10), [
    "Process-1 of MainProcess",
    "Process-1:1 of Process-1",
    "Process-1:1:1 of Process-1:1",
    "Process-1:1:1:1 of Process-1:1:1",
  ]);
});

test("a process may have a pool of its own", async (t) => {
  const { mp } = await setStage(t);
  const said = new mp.Queue<number>();
  const child = new mp.Process({ target: task(meta, tasks.sumInPool), args: [[1, 2, 3, 4], said] });
  await child.start();
  await within(child.join(), "the child's end");
  assert.equal(child.exitCode, 0);
  assert.equal(await said.getNowait(), 20);
});

for (const [how, end] of [
  ["is killed", "kill"],
  ["is told to terminate", "terminate"],
] as const) {
  test(`when a process ${how}, its daemonic children, workers and onParentDeath "end" end; others go on`, async (t) => {
    const stage = await setStage(t);
    const goFile = join(temporaryFolder(t), "go");
    const said = new stage.mp.Queue<number>();
    const parent = new stage.mp.Process({ target: task(meta, tasks.haveChildren), args: [said, goFile] });
    await parent.start();
    await waitFor(async () => (await said.size()) === 4);
    const [daemonic, other, tied, worker] = (await said.getMany(4)) as [number, number, number, number];
    await parent[end]();
    await within(parent.join(), "the parent's end");
    assert.equal(parent.exitCode, end === "kill" ? -9 : -15);
    await waitFor(() => ![daemonic, tied, worker].some(isLiving), {
      what: "the end of those that end with it",
    });
    assert.ok(isLiving(other));
    // It ends by itself or with the client; no other process knows it.
    if (end === "kill") writeFileSync(goFile, "");
    else await stage.mp.close();
    await waitFor(() => !isLiving(other));
  });
}

test("a daemonic process, or a pool's worker, that starts a child gets an error", async (t) => {
  const { mp } = await setStage(t);
  const said = new mp.Queue<string>();
  const daemon = new mp.Process({ target: task(meta, tasks.startFromDaemon), args: [said], daemon: true });
  await daemon.start();
  assert.match(
    await within(said.get(), "the daemon's word"),
    /^BadState: daemonic processes are not allowed to have children/,
  );
  await daemon.join();
  const pool = new mp.Pool(1);
  await pool.apply(task(meta, tasks.startFromDaemon), [said]);
  assert.match(
    await within(said.get(), "the worker's word"),
    /^BadState: daemonic processes are not allowed to have children/,
  );
});
