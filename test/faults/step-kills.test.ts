import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite, test } from "node:test";
import { Closed, task, WorkerLost } from "polyproc";
import { waitFor, within } from "../deadline.js";
import { temporaryFolder } from "../temporary-folder.js";
import { startScript } from "./script.js";
import { setStage } from "./stage.js";
import * as killers from "./killers.js";

const meta = { url: new URL("./killers.js", import.meta.url).href };
const work = task(meta, killers.work);
const note = task(meta, killers.note);

/** Number of the task that kills its worker. */
const deadly = 12;
const count = 40;
const from = (first: number) => Array.from({ length: count }, (_, n) => first + n);

/** The tasks that fail when the worker is killed there. The others, begun or not, have their results. */
const rows: Record<killers.Step, readonly number[]> = {
  "before it reads a packet": [],
  "after it read a packet": [deadly + 1],
  "before it runs a task": [deadly],
  "before it writes a result": [deadly],
  "after it wrote a result": [],
  "before it sends a result": [deadly],
  "when it has sent half a result": [deadly],
  "after it sent a result": [],
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
      const done = outcomes.flatMap((outcome) => (outcome instanceof Error ? [] : [outcome]));
      assert.deepEqual(
        done.map(({ n }) => n),
        from(0).filter((n) => !lost.includes(n)),
      );
      assert.equal(new Set(done.map(({ pid }) => pid)).size, 2, "one worker was killed");
      await pool.terminate();
    });
});

/** The tasks that have begun. */
function begun(log: string): string {
  try {
    return readFileSync(log, "utf8");
  } catch {
    return "";
  }
}

suite("a worker runs none of the tasks in its channel", () => {
  test("when the server is killed, and each of them fails", async (t) => {
    const stage = await setStage(t);
    const log = join(temporaryFolder(t), "log");
    const pool = new stage.mp.Pool(1);
    for (const n of from(100).slice(0, 5)) await pool.apply(work, [{ n }]);
    const outcomes = from(0).map((n) =>
      pool.apply(note, [{ n, log, spins: n === 0 }]).catch((error: unknown) => error),
    );
    await waitFor(() => begun(log) !== "", { what: "the first task" });
    await stage.killServer();
    for (const outcome of await within(Promise.all(outcomes), "all outcomes")) assert.ok(outcome instanceof Closed);
    await waitFor(() => stage.marked().length === 0, { what: "the end of the worker" });
    assert.equal(begun(log), "0\n");
  });

  test("when its client is killed, and the worker ends", async (t) => {
    const stage = await setStage(t);
    const log = join(temporaryFolder(t), "log");
    const script = startScript(t, "gives-tasks", [log], { POLYPROC_ADDRESS: stage.address });
    await script.line();
    await waitFor(() => begun(log) !== "", { what: "the first task" });
    script.process.kill("SIGKILL");
    await waitFor(async () => (await stage.living()).length === 0, { what: "the end of the worker" });
    assert.equal(begun(log), "0\n");
  });
});
