import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { waitFor, within } from "../../deadline.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { needs } from "../../tools/needs.js";
import { allowTasks, begins, double, logged, setClusterStage, startAgent, writesGuarded } from "./cluster-stage.js";
import { fencesOf } from "./fences.js";

/** Moves the wall clock of a Node process: an hour ahead with SIGUSR2, two hours back with the next one. */
const jumpingClock = `
const now = Date.now;
let offset = 0;
Date.now = () => now() + offset;
globalThis.Date = class extends Date {
  constructor(...args) {
    if (args.length === 0) super(now() + offset);
    else super(...args);
  }
};
process.on("SIGUSR2", () => (offset = offset > 0 ? -3_600_000 : 3_600_000));
`;

test("jumps of a host's wall clock neither end its tasks and locks nor keep them", needs("redis-server"), async (t) => {
  const { stage, redis, address, log, gate } = await setClusterStage(t, [], { lease: 6 });
  const clock = join(temporaryFolder(t), "clock.mjs");
  writeFileSync(clock, jumpingClock);
  const agent = await startAgent(t, address, "alpha", ["-j", "2", ...allowTasks], {
    NODE_OPTIONS: `--import=${pathToFileURL(clock).href}`,
  });
  await startAgent(t, address, "beta", ["-j", "2", ...allowTasks]);
  const pool = new stage.mp.Pool({ cluster: address });
  const locks = join(temporaryFolder(t), "locks");
  const results = pool.map(
    logged,
    [1, 2].map((n) => ({ n, log, until: gate })),
    { chunkSize: 1 },
  );
  const guarded = pool.map(
    writesGuarded,
    [1, 2].map(() => ({ log: locks, until: gate })),
    { chunkSize: 1 },
  );
  await waitFor(() => begins(log).length === 2 && begins(locks).length > 0, { what: "tasks on both hosts" });
  for (const jump of ["ahead", "back"]) {
    agent.process.kill("SIGUSR2");
    // Its lease as a host is renewed with those of its tasks.
    for (const renewal of ["first", "second"]) {
      let left = Number.POSITIVE_INFINITY;
      const isRenewed = async () => {
        const last = left;
        left = Number(await redis.command("pttl", "pp:{main}:host:alpha"));
        return left > last;
      };
      await waitFor(isRenewed, { what: `the ${renewal} renewal after the jump ${jump}` });
    }
  }
  writeFileSync(gate, "");
  assert.deepEqual(await within(results, "the tasks"), [1, 2]);
  assert.deepEqual(await within(guarded, "the holders"), [false, false]);
  assert.equal(begins(log).length, 2);
  assert.equal(fencesOf(begins(locks)).length, 2);
  assert.equal(await within(pool.apply(double, [4]), "a task afterwards"), 8);
  await pool.terminate();
});
