import assert from "node:assert/strict";
import { test } from "node:test";
import { command, task } from "polyproc";
import { within } from "../deadline.js";
import { setStage } from "./stage.js";
import * as tasks from "./tasks.js";

const meta = { url: new URL("./tasks.js", import.meta.url).href };

test("80 processes that are started at once all run, once each", async (t) => {
  const stage = await setStage(t);
  const { mp } = stage;
  const said = new mp.Queue<number>();
  const children = Array.from({ length: 80 }, () => new mp.Process({ target: task(meta, tasks.sayPid), args: [said] }));
  await within(Promise.all(children.map((child) => child.start())), "80 starts");
  await within(Promise.all(children.map((child) => child.join())), "80 ends");
  assert.deepEqual(
    children.map(({ exitCode }) => exitCode),
    children.map(() => 0),
  );
  assert.deepEqual(new Set(await said.getMany(1000)), new Set(children.map(({ pid }) => pid)));
  assert.equal(new Set(children.map(({ name }) => name)).size, 80);
  assert.deepEqual(await mp.activeChildren(), []);
});

test("200 commands that are started at once all run, and can be ended at once", async (t) => {
  const stage = await setStage(t);
  const children = Array.from({ length: 200 }, () => new stage.mp.Process({ target: command("sleep", ["1000"]) }));
  await within(Promise.all(children.map((child) => child.start())), "200 starts");
  assert.equal((await stage.mp.activeChildren()).length, 200);
  await Promise.all(children.map((child) => child.terminate()));
  await within(Promise.all(children.map((child) => child.join())), "200 ends");
  assert.deepEqual(
    children.map(({ exitCode }) => exitCode),
    children.map(() => -15),
  );
});

test("a pool of 40 workers runs 40 tasks at the same time", async (t) => {
  const { mp } = await setStage(t);
  const barrier = new mp.Barrier(40);
  const said = new mp.Queue<string>();
  const pool = new mp.Pool(40);
  const results = Array.from({ length: 40 }, () => pool.applyAsync(task(meta, tasks.join), [barrier, said]));
  await within(Promise.all(results.map((result) => result.get())), "all parties", 60_000);
  const words = await said.getMany(100);
  assert.equal(words.filter((word) => word === "passed").length, 40);
});
