import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it, test } from "node:test";
import { temporaryFolder } from "../../temporary-folder.js";
import { needs } from "../../tools/needs.js";
import { judgeFences, judgeTasks } from "./judge.js";
import { faultKinds, planRound } from "./plan.js";
import { describeClusterFigures, describeClusterRound, soakCluster } from "./soak-cluster.js";

describe(
  "a soak of a cluster",
  { skip: process.platform === "linux" ? needs("redis-server").skip : "it finds the processes of tasks in /proc" },
  () => {
    it("of a minute holds, whichever hosts, clients and stores fail", { timeout: 500_000 }, async (t) => {
      const seed = Date.now() % 1_000_000;
      t.diagnostic(`seed ${seed}`);
      const options = { seed, seconds: 40, faults: Number.MAX_SAFE_INTEGER, first: 1, rounds: Number.MAX_SAFE_INTEGER };
      const figures = await soakCluster(options, async (report) => {
        // A test of its own, so that the runner hears of it.
        await t.test(describeClusterRound(report), () => assert.deepEqual(report.findings, [], `seed ${seed}`));
      });
      assert.ok(figures.rounds > 0 && figures.told > 0 && figures.holders > 0, describeClusterFigures(figures));
      t.diagnostic(describeClusterFigures(figures));
    });
  },
);

test("a seed repeats its faults, and all kinds occur", () => {
  const plans = Array.from({ length: 40 }, (_, i) => planRound(7, i + 1));
  assert.deepEqual(
    plans,
    plans.map(({ number }) => planRound(7, number)),
  );
  assert.deepEqual(new Set(plans.flatMap(({ faults }) => faults.map(({ kind }) => kind))), new Set(faultKinds));
});

/** Logs as tasks and a client write them; what the judge finds. */
function judged(
  t: { after(clean: () => void): void },
  { told, tasks, isComplete = true }: { told: string[]; tasks: string[][]; isComplete?: boolean },
): readonly string[] {
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, "tasks"));
  writeFileSync(join(folder, "told"), `${told.join("\n")}\n`);
  for (const [n, log] of tasks.entries()) writeFileSync(join(folder, "tasks", String(n)), `${log.join("\n")}\n`);
  return judgeTasks(folder, isComplete, new Set([7])).findings;
}

test("the judge of a cluster's logs finds a task that was lost, told twice, or ran beside itself", (t) => {
  const run = ["begin 10 1", "end 10 1"];
  assert.deepEqual(judged(t, { told: ["told 0 0", "given 1"], tasks: [run] }), []);
  assert.match(judged(t, { told: ["given 1"], tasks: [run] }).join(), /^task 0 of 1 was lost$/);
  assert.deepEqual(judged(t, { told: [], tasks: [run], isComplete: false }), []);
  assert.match(judged(t, { told: ["told 0 0", "told 0 0", "given 1"], tasks: [run] }).join(), /told 2 times/);
  assert.match(judged(t, { told: ["told 0 0", "given 1"], tasks: [] }).join(), /never ran/);
  assert.match(judged(t, { told: ["told 0 0", "given 1"], tasks: [["begin 10 1"]] }).join(), /no run of it ended/);
  assert.match(judged(t, { told: ["lost 0", "given 1"], tasks: [["begin 10 1"]] }).join(), /AgentLost after 1 runs/);
  assert.deepEqual(judged(t, { told: ["lost 0", "given 1"], tasks: [["begin 10 1", "begin 11 2"]] }), []);
  const beside = (agent: number) => ["begin 10 1", `overlap 10 ${agent} 11 2`, "begin 11 2", "end 11 2", "end 10 1"];
  assert.match(judged(t, { told: ["told 0 0", "given 1"], tasks: [beside(1)] }).join(), /had not been stopped/);
  assert.deepEqual(judged(t, { told: ["told 0 0", "given 1"], tasks: [beside(7)] }), [], "agent 7 was stopped");
});

test("the judge of a cluster's logs finds a holder of a lock that wrote after the next one", (t) => {
  const file = join(temporaryFolder(t), "fences");
  writeFileSync(file, "5 10 1\n5 10 1\n9 11 2\n");
  assert.deepEqual(judgeFences(file), { findings: [], holders: 2 });
  writeFileSync(file, "5 10 1\n9 11 2\n5 10 1\n");
  assert.match(judgeFences(file).findings.join(), /^holder 5, pid 10 of agent 1, wrote after holder 9$/);
});
