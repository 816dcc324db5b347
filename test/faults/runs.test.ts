import assert from "node:assert/strict";
import { test } from "node:test";
import { errorName } from "../../protocol/errors.js";
import type { RunEntry, RunInfo } from "../../protocol/run.js";
import { waitFor, within } from "../deadline.js";
import { compiled } from "../fixture.js";
import { isLiving } from "../living.js";
import { RunReader } from "./run-reader.js";
import { startScript } from "./script.js";
import { setStage } from "./stage.js";

const module = compiled("test/faults/tasks");
const items = (count: number) => Array.from({ length: count }, (_, n) => n);

/** One that may have ended since it was seen. */
function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, "ESRCH");
  }
}

/** Fails unless these are the doubles of all indexes. */
function assertDoubles(outcomes: Map<number, RunEntry>, count: number): void {
  assert.equal(outcomes.size, count);
  for (let n = 0; n < count; n++) assert.deepEqual([outcomes.get(n)!.state, outcomes.get(n)!.value], ["done", n * 2]);
}

test("the client that started a run is killed during it: another client reads every outcome", async (t) => {
  const stage = await setStage(t);
  const script = startScript(t, "starts-run", [module, "doubleAfterAWhile", "60"], { POLYPROC_ADDRESS: stage.address });
  const run = await script.line();
  const reader = await RunReader.open(stage);
  await waitFor(async () => (await reader.status(run)).done > 2, { what: "some results" });
  script.process.kill("SIGKILL");
  assert.equal(await script.exited(), "SIGKILL");
  assertDoubles(await within(reader.readAll(run), "the outcomes"), 60);
  const info = await reader.status(run);
  assert.deepEqual([info.state, info.done, info.total], ["done", 60, 60]);
  assert.deepEqual(await stage.living(), [], "a run that has ended has no workers");
  reader.close();
});

test("when a worker of a run is killed, only its item fails, with the worker's last output", async (t) => {
  const stage = await setStage(t);
  const reader = await RunReader.open(stage);
  const deadly = items(40).map((n) => ({ n, dies: n === 13 }));
  const { run } = await reader.start({
    target: { module, export: "doubleOrDie" },
    items: deadly,
    processes: 2,
    chunkSize: 4,
  });
  const outcomes = await within(reader.readAll(run), "the outcomes");
  const failed = [...outcomes.values()].filter((entry) => entry.state === "failed");
  assert.deepEqual(
    failed.map(({ index, error }) => [index, errorName(error!.code), error!.data!["stderr"]]),
    [[13, "WorkerLost", "about to die at 13"]],
  );
  assert.equal([...outcomes.values()].filter((entry) => entry.state === "done").length, 39);
  const output = await reader.ask<{ lines: { text: string }[] }>("run/output", { run, index: 13 });
  assert.deepEqual(
    output.lines.map(({ text }) => text),
    ["about to die at 13"],
  );
  reader.close();
});

test("when every worker of a run is killed repeatedly, retries bring the run to its end", async (t) => {
  const stage = await setStage(t);
  const reader = await RunReader.open(stage);
  const { run, pool } = await reader.start({
    target: { module, export: "doubleAfterAWhile" },
    items: items(60),
    processes: 2,
    retries: 10,
  });
  for (let round = 1; round <= 3; round++) {
    await waitFor(async () => (await reader.status(run)).done >= round * 5, { what: "results" });
    // Kill only workers that run an item: after three in a row that end before they are ready, the run would fail.
    for (const worker of (await stage.living()).filter((process) => process.pool === pool && process.task !== null))
      kill(worker.pid!);
  }
  assertDoubles(await within(reader.readAll(run), "the outcomes"), 60);
  reader.close();
});

test("halt now ends running items, even if they ignore SIGTERM", async (t) => {
  const stage = await setStage(t);
  const reader = await RunReader.open(stage);
  const script = `case "$1" in bad) exit 3;; *) trap "" TERM; while :; do sleep 1; done;; esac`;
  const { run } = await reader.start({
    target: { command: "sh", args: ["-c", script, "sh", "{item}"] },
    items: ["deaf", "bad", ...items(20)],
    processes: 2,
    graceMs: 50,
    halt: { failures: 1, now: true },
  });
  const pids = await waitFor(
    async () => {
      const { entries } = await reader.ask<{ entries: RunEntry[] }>("run/read", { run });
      const deaf = entries.find(({ index }) => index === 0);
      return deaf && deaf.pid > 0 ? [deaf.pid] : null;
    },
    { what: "the deaf one's pid" },
  );
  const info = await within(reader.ask<RunInfo>("run/wait", { run }), "the run's end");
  assert.deepEqual([info.state, info.failed, info.cancelled], ["halted", 1, 21]);
  for (const pid of pids) assert.ok(!isLiving(pid));
  reader.close();
});

test("cancelling waiting items lets running ones finish; cancelling now kills those that ignore it", async (t) => {
  const stage = await setStage(t);
  const reader = await RunReader.open(stage);
  const patient = await reader.start({
    target: { module, export: "doubleAfterAWhile" },
    items: items(500),
    processes: 2,
  });
  await waitFor(async () => (await reader.status(patient.run)).done > 5, { what: "some results" });
  const { cancelled } = await reader.ask<{ cancelled: number }>("run/cancel", { run: patient.run, waiting: true });
  const outcomes = await within(reader.readAll(patient.run), "the outcomes");
  const inState = (state: RunEntry["state"]) => [...outcomes.values()].filter((entry) => entry.state === state);
  assert.ok(cancelled > 0);
  assert.equal(inState("cancelled").length, cancelled);
  assert.equal(inState("done").length, 500 - cancelled, "items that a worker had begun were done");
  assert.deepEqual(new Set(inState("cancelled").map((entry) => entry.ms)), new Set([0]), "and nothing else was begun");
  assert.equal((await reader.status(patient.run)).state, "cancelled");

  const endless = await reader.start({ target: { module, export: "spin" }, items: items(4), processes: 2 });
  await waitFor(async () => (await reader.status(endless.run)).running === 2, { what: "two that spin" });
  assert.deepEqual(await reader.ask("run/cancel", { run: endless.run, graceMs: 0 }), { cancelled: 4 });
  const info = await within(reader.ask<RunInfo>("run/wait", { run: endless.run }), "the run's end");
  assert.deepEqual([info.state, info.cancelled], ["cancelled", 4]);
  reader.close();
});

test("twenty thousand empty items reach two readers, one of them slow", async (t) => {
  const stage = await setStage(t);
  const [eager, slow] = [await RunReader.open(stage), await RunReader.open(stage)];
  const { run } = await eager.start({ target: { module, export: "double" }, items: items(20_000), processes: 2 });
  const all = eager.readAll(run);
  // Nothing is kept for it but the latest of each item: it may come when the run is over.
  await slow.ask("run/wait", { run }, 60_000);
  const [first, second] = await within(Promise.all([all, slow.readAll(run, 500)]), "both readers", 60_000);
  assertDoubles(first, 20_000);
  assertDoubles(second, 20_000);
  eager.close();
  slow.close();
});

test("an unknown runtime is refused, and a missing module ends the run", async (t) => {
  const stage = await setStage(t);
  const reader = await RunReader.open(stage);
  await assert.rejects(
    reader.start({ target: { module: "/nowhere/task.xyz" }, items: [1] }),
    /cannot tell the runtime/,
  );
  const { run } = await reader.start({
    target: { module: "/nowhere/task.js", export: "f" },
    items: items(10),
    processes: 2,
    retries: 5,
  });
  const outcomes = await within(reader.readAll(run), "the outcomes");
  assert.deepEqual(
    new Set(
      [...outcomes.values()].map(({ state, error, attempt }) => [state, errorName(error!.code), attempt].join(" ")),
    ),
    new Set(["failed TargetNotFound 1", "cancelled Cancelled 1"]),
  );
  reader.close();
});

test("a forgotten run is removed, and a client that asks for it gets an error", async (t) => {
  const stage = await setStage(t);
  const reader = await RunReader.open(stage);
  const spec = {
    name: "doubles",
    target: { module, export: "double" },
    items: items(3),
    meta: { labels: ["a", "b", "c"] },
    processes: 1,
  };
  const { run } = await reader.start(spec);
  await reader.readAll(run);
  assert.deepEqual(await reader.ask("run/spec", { run }), spec);
  await reader.ask("run/forget", { run });
  await assert.rejects(reader.readAll(run), /there is no run/);
  assert.deepEqual(await reader.ask("run/list", {}), { runs: [] });
  reader.close();
});
