import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { command, task } from "polyproc";
import { waitFor, within } from "../deadline.js";
import { temporaryFolder } from "../temporary-folder.js";
import { setStage } from "./stage.js";
import * as tasks from "./tasks.js";

const meta = { url: new URL("./tasks.js", import.meta.url).href };
const count = 1000;

/*
 * The slow task ends only when the test says so, which it does once all others are done: if one of them waited behind
 * it, the test would never get there.
 */
for (const [kind, target] of [
  ["computes", task(meta, tasks.doubleSlowly)],
  ["waits", task(meta, tasks.doubleLater)],
] as const) {
  for (const slow of [0, 400, count - 3]) {
    test(`no short task waits behind a slow one that ${kind}: number ${slow} of ${count}`, async (t) => {
      const { mp } = await setStage(t);
      const until = join(temporaryFolder(t), "go");
      const pool = new mp.Pool(2);
      // Known to be short, so that many are sent ahead.
      await pool.map(
        target,
        Array.from({ length: 200 }, (_, n) => ({ n })),
        { chunkSize: 1 },
      );
      const results = Array.from({ length: count }, (_, n) =>
        pool.applyAsync(target, [n === slow ? { n, until } : { n }]),
      );
      await waitFor(() => results.every((result, n) => n === slow || result.ready()), {
        what: "all short tasks",
      });
      assert.equal(results[slow]!.ready(), false);
      writeFileSync(until, "");
      assert.equal(await within(results[slow]!.get(), "the slow task"), slow * 2);
      for (const [n, result] of results.entries()) assert.equal(await result.get(0), n * 2);
    });
  }
}

test("imapUnordered gives all short results while a slow task runs", async (t) => {
  const { mp } = await setStage(t);
  const until = join(temporaryFolder(t), "go");
  const pool = new mp.Pool(3);
  const items = Array.from({ length: count }, (_, n) => (n === 10 || n === 500 ? { n, until } : { n }));
  const seen = new Set<number>();
  const results = pool.imapUnordered(task(meta, tasks.doubleSlowly), items);
  for (let i = 0; i < count - 2; i++) seen.add((await within(results.next(), `short result ${i}`)).value!);
  assert.ok(!seen.has(20) && !seen.has(1000));
  writeFileSync(until, "");
  for await (const value of results) seen.add(value);
  assert.equal(seen.size, count);
});

test("a slow command occupies one slot, and functions run on the others", async (t) => {
  const { mp } = await setStage(t);
  const until = join(temporaryFolder(t), "go");
  const pool = new mp.Pool(2);
  const slow = pool.applyAsync(command("sh", ["-c", `until [ -e ${until} ]; do sleep 0.01; done`]));
  const short = pool.map(
    task(meta, tasks.double),
    Array.from({ length: count }, (_, n) => n),
    { chunkSize: 1 },
  );
  assert.equal((await within(short, "the short tasks")).length, count);
  assert.equal(slow.ready(), false);
  writeFileSync(until, "");
  assert.equal((await within(slow.get(), "the command")).exitCode, 0);
});

test("when every worker is busy with a slow task, waiting tasks go to the first free worker", async (t) => {
  const { mp } = await setStage(t);
  const folder = temporaryFolder(t);
  const pool = new mp.Pool(2);
  const target = task(meta, tasks.doubleSlowly);
  await pool.map(
    target,
    Array.from({ length: 200 }, (_, n) => ({ n })),
    { chunkSize: 1 },
  );
  const slow = ["a", "b"].map((name, n) => pool.applyAsync(target, [{ n, until: join(folder, name) }]));
  const short = Array.from({ length: 100 }, (_, n) => pool.applyAsync(target, [{ n }]));
  writeFileSync(join(folder, "b"), "");
  await waitFor(() => short.every((result) => result.ready()), { what: "the short tasks" });
  assert.equal(slow[0]!.ready(), false);
  writeFileSync(join(folder, "a"), "");
  assert.deepEqual([await slow[0]!.get(), await slow[1]!.get()], [0, 2]);
});
