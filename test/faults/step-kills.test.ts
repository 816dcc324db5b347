import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { task, WorkerLost } from "polyproc";
import { within } from "../deadline.js";
import { setStage } from "./stage.js";
import * as killers from "./killers.js";

const meta = { url: new URL("./killers.js", import.meta.url).href };
const work = task(meta, killers.work);

/** Number of the task that kills its worker. */
const deadly = 12;
const count = 40;
const from = (first: number) => Array.from({ length: count }, (_, n) => first + n);

/** The tasks that fail when the worker is killed there. The others, begun or not, have their results. */
const rows: Record<killers.Step, readonly number[]> = {
  "before it runs a task": [deadly],
  "before it writes a result": [deadly],
  "after it wrote a result": [],
  "after it sent a result": [],
  "before it sends a result": [deadly],
};

suite("a worker that is killed", () => {
  for (const [step, lost] of Object.entries(rows) as [killers.Step, readonly number[]][])
    test(`${step} loses no other task, and no result that it wrote`, async (t) => {
      const { mp } = await setStage(t);
      const pool = new mp.Pool(1);
      // What the pool knows of the tasks' time makes it prefetch.
      for (const n of from(100).slice(0, 5)) await pool.apply(work, [{ n }]);
      const outcomes = await within(
        Promise.all(
          from(0).map((n) =>
            pool.apply(work, [n === deadly ? { n, step } : { n }]).catch((error: unknown) => error as Error),
          ),
        ),
        "all outcomes",
      );
      const failed = outcomes.flatMap((outcome, n) => (outcome instanceof Error ? [{ n, outcome }] : []));
      assert.deepEqual(
        failed.map(({ n }) => n),
        lost,
      );
      for (const { outcome } of failed) assert.ok(outcome instanceof WorkerLost);
      outcomes.forEach((outcome, n) => outcome instanceof Error || assert.equal((outcome as { n: number }).n, n));
      await pool.terminate();
    });
});
