import assert from "node:assert/strict";
import { test } from "node:test";
import { describePlan, isNothing, planEnd } from "../../../extension/views/actions/end-plan.js";
import { endedInfo, known, poolInfo, processInfo, sessionInfo } from "./fake-model.js";

const own = processInfo("own");
const nested = processInfo("nested", { parent: own.process, session: "s2" });
const pool = poolInfo("s2.1", { session: "s2", workers: 1 });
const worker = processInfo("worker", { role: "worker", pool: pool.pool, parent: own.process, session: "s2" });
const run = poolInfo("s3.1", { session: "s3", run: "run:s3.1", workers: 1 });
const runWorker = processInfo("run-worker", { role: "worker", pool: run.pool, session: "s3" });
const orphan = processInfo("orphan", { session: "s9" });
const over = poolInfo("s1.8", { state: "terminated" });
const host = processInfo("host", { role: "host", session: "" });
const all = known({
  processes: [own, nested, worker, runWorker, orphan, host, endedInfo("ended", 1)],
  pools: [pool, run, over],
  sessions: [sessionInfo("s1"), sessionInfo("s2", { role: "worker", process: own.process }), sessionInfo("s3")],
});

test("everything: runs are cancelled, pools terminated, and other processes ended", () => {
  const plan = planEnd(all);
  assert.deepEqual(plan, {
    runs: ["run:s3.1"],
    pools: [pool.pool],
    processes: [own.process, nested.process, orphan.process],
    ending: 5,
  });
  const { question, detail } = describePlan(plan);
  assert.equal(question, "Terminate 5 processes?");
  assert.match(detail, /^1 run is cancelled and 1 pool is terminated; /);
});

test("one client: its processes and their children", () => {
  assert.deepEqual(planEnd(all, "s1"), {
    runs: [],
    pools: [pool.pool],
    processes: [own.process, nested.process],
    ending: 3,
  });
  assert.deepEqual(planEnd(all, "s3"), { runs: ["run:s3.1"], pools: [], processes: [], ending: 1 });
});

test("clients that have disconnected", () => {
  assert.deepEqual(planEnd(all, null), { runs: [], pools: [], processes: [orphan.process], ending: 1 });
});

test("an empty server has nothing to end; a pool without workers counts", () => {
  assert.ok(isNothing(planEnd(known({ processes: [host, endedInfo("ended", 0)], pools: [over] }))));
  const waiting = planEnd(known({ pools: [poolInfo("s1.1", { queued: 3 })] }));
  assert.ok(!isNothing(waiting));
  assert.equal(describePlan(waiting).question, "Terminate what is waiting to run?");
});

test("one process is counted as one", () => {
  const { question, detail } = describePlan(planEnd(known({ processes: [own] })));
  assert.equal(question, "Terminate 1 process?");
  assert.equal(detail, "Each process and its descendants get SIGTERM.");
});
