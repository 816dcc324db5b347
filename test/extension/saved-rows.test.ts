import assert from "node:assert/strict";
import { test } from "node:test";
import { savedRows } from "../../extension/saved/saved-rows.js";
import { savedTasks } from "../../extension/testing/saved-tasks.js";
import type { Run } from "../../extension/runs/run.js";
import { FakeRun } from "./results/fake-run.js";

const definition = { label: "Lint", type: "polyproc", command: "lint {item}", items: { values: [1] } };
const inFolder = (cwd: string) => ({ command: "sh", args: ["-c", "lint"], cwd });

function run(id: string, request: Partial<Run["request"]>, info: Partial<Run["info"]> = {}): Run {
  const fake = new FakeRun(3, request);
  fake.end({ state: "done", startedAt: 1000, endedAt: 2500, done: 3, ...info });
  return Object.assign(fake, { id });
}

test("a task has the outcome and the duration of its last run, and the actions that fit its state", () => {
  const tasks = savedTasks([definition, { ...definition, label: "Never" }, { label: "Other", type: "shell" }], "/work");
  const old = run("run:1", { name: "Lint", origin: "task" }, { done: 1, failed: 2 });
  const busy = new FakeRun(3, { name: "Lint", origin: "task" });
  busy.info = { ...busy.info, done: 1, state: "running" };
  // A run of the user's that has the name of the task is none of it.
  const others = run("run:3", { name: "Lint", origin: "command" });

  const rowsOf = (...runs: Run[]) => savedRows(tasks, runs)[0]!.children;
  assert.deepEqual(
    rowsOf(old, others).map(({ label, description, context }) => [label, description, context]),
    [
      ["Lint", "1 done, 2 failed · 1.5 s", "savedTask idle hasRun"],
      ["Never", "no run yet", "savedTask idle"],
    ],
  );
  assert.deepEqual(rowsOf(old, busy)[0]!.description, "1 of 3");
  assert.deepEqual(rowsOf(old, busy)[0]!.context, "savedTask running hasRun");
});

test("tasks of two folders with one label each have their own last run", () => {
  const tasks = ["/work/a", "/work/b"].flatMap((folder) => savedTasks([{ ...definition, cwd: "src" }], folder));
  const runs = [run("run:1", { name: "Lint", origin: "task", target: inFolder("/work/b/src") })];
  const texts = savedRows(tasks, runs)[0]!.children.map(({ description }) => description);
  assert.deepEqual(texts, ["no run yet", "3 done, 0 failed · 1.5 s"]);
});

test("runs are listed by their handles, the newest first, each handle once", () => {
  const runs = [
    run("run:1", { name: "of a server that ended" }),
    run("run:2", { name: "stopped" }, { state: "cancelled", done: 1 }),
    run("run:3", { name: "failed" }, { done: 2, failed: 1 }),
    run("run:1", { name: "newer" }),
  ];
  const [group, ...rest] = savedRows([], runs);
  assert.deepEqual(rest, []);
  assert.deepEqual(
    group!.children.map(({ id, label, context }) => [id, label, context]),
    [
      ["run:1", "newer", "run ended"],
      ["run:3", "failed", "run ended failed"],
      ["run:2", "stopped", "run ended"],
    ],
  );
  assert.match(group!.children[2]!.description, /^cancelled · 1 done, 0 failed · 1\.5 s · /);
  assert.deepEqual(savedRows([], []), []);
});
