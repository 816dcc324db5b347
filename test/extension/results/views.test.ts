import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { detailView } from "../../../extension/results/detail-view.js";
import { previewLength } from "../../../extension/results/messages.js";
import { resultsJson } from "../../../bindings/typescript/runs/json.js";
import { viewOfRow, viewOfRun } from "../../../extension/results/row-views.js";
import type { Row } from "../../../extension/runs/run.js";
import { FakeRun } from "./fake-run.js";

const thrown = {
  code: 1012,
  message: "the task threw TypeError: no\nmore",
  data: {
    name: "TaskFailed",
    type: "TypeError",
    message: "no\nmore",
    language: "javascript",
    properties: { status: 7 },
    stack: "TypeError: no\nmore\n    at f (/work/m.js:1:2)\n    at g (/work/m.js:3:4)",
    cause: { type: "Error", message: "below", stack: "Error: below\n    at h (/work/m.js:5:6)" },
  },
};

function runOf(changes: Partial<Row>): FakeRun {
  const run = new FakeRun(1);
  run.change(0, changes);
  return run;
}

describe("a replayed row", () => {
  test("is told as such to the page, and why another one was not", () => {
    const replayed = viewOfRow(runOf({ state: "done", cached: true }).rows[0]!);
    assert.deepEqual([replayed.cached, "notCached" in replayed], [true, false]);
    const ran = viewOfRow(runOf({ state: "done", notCached: "a changed" }).rows[0]!);
    assert.deepEqual(["cached" in ran, ran.notCached], [false, "a changed"]);
    const run = new FakeRun(1);
    assert.ok(!("cached" in viewOfRun(run)));
    run.info = { ...run.info, cached: 1 };
    assert.equal(viewOfRun(run).cached, 1);
  });
});

describe("the text of a row", () => {
  const preview = (changes: Partial<Row>) => viewOfRow(runOf(changes).rows[0]!).preview;

  test("is the beginning of its result, on one line", () => {
    assert.equal(preview({ state: "done", value: { a: [1, null], s: "x\ny" } }), '{"a":[1,null],"s":"x\\ny"}');
    const long = preview({ state: "done", value: "y".repeat(1_000_000) });
    assert.equal(long.length, previewLength);
    assert.ok(long.endsWith("…"));
    assert.equal(preview({ state: "done" }), "");
    assert.equal(preview({ state: "running", value: 1 }), "");
  });

  test("is the last line of a command, or how it ended", () => {
    const result = { exitCode: 0, signal: null, stdout: "one\ntwo\n\n", stderr: "warned\n", truncated: false };
    assert.equal(preview({ state: "done", value: result }), "two");
    assert.equal(preview({ state: "done", value: { ...result, stdout: "" } }), "warned");
    assert.equal(preview({ state: "done", value: { ...result, exitCode: 3 } }), "exit code 3: two");
    assert.equal(
      preview({ state: "done", value: { ...result, exitCode: null, signal: "SIGKILL", stdout: "", stderr: "" } }),
      "SIGKILL",
    );
  });

  test("is the first line of its error", () => {
    const text = preview({ state: "failed", error: thrown });
    assert.match(text, /no/);
    assert.doesNotMatch(text, /\n/);
    assert.equal(preview({ state: "failed", error: { code: 1013, message: "x".repeat(1000) } }).length, previewLength);
  });
});

describe("the details", () => {
  test("show an error with its stack, members and cause, each once", () => {
    const { error } = detailView(runOf({ state: "failed", error: thrown }), 0)!;
    assert.ok(error);
    assert.equal(error.type, "TypeError");
    assert.equal(error.message, "no\nmore");
    assert.equal(error.stack?.text, "at f (/work/m.js:1:2)\nat g (/work/m.js:3:4)");
    assert.deepEqual(JSON.parse(error.facts!.text), { status: 7 });
    assert.equal(error.cause?.message, "below");
    assert.equal(error.cause?.stack?.text, "at h (/work/m.js:5:6)");
    assert.equal(error.cause?.facts, null);
  });

  test("show the last output of a lost worker", () => {
    const { error } = detailView(
      runOf({
        state: "failed",
        error: {
          code: 1013,
          message: "worker 7 died",
          data: { name: "WorkerLost", pid: 7, exitCode: null, signal: "SIGSEGV", stderr: "boom\n" },
        },
      }),
      0,
    )!;
    assert.equal(error!.type, "WorkerLost");
    assert.equal(error!.stderr?.text, "boom");
    assert.deepEqual(JSON.parse(error!.facts!.text), { pid: 7, signal: "SIGSEGV" });
  });

  test("cut long values, and say so; say when a result is gone", () => {
    const { value } = detailView(runOf({ state: "done", value: Array.from({ length: 100_000 }, (_, i) => i) }), 0)!;
    assert.ok(value!.cut && value!.text.length <= 20_000);
    const gone = detailView(runOf({ state: "done" }), 0)!;
    assert.deepEqual([gone.value, gone.valueGone], [null, true]);
    assert.equal(detailView(runOf({}), 0)!.valueGone, false);
    assert.equal(detailView(runOf({}), 5), null);
  });

  test("show how a command ended", () => {
    const { command } = detailView(
      runOf({ state: "done", value: { exitCode: 0, signal: null, stdout: "", stderr: "", truncated: false } }),
      0,
    )!;
    assert.deepEqual(command, { exitCode: 0, signal: null });
  });

  test("follow causes to a limit", () => {
    const endless: Record<string, unknown> = { type: "Error", message: "again" };
    endless["cause"] = endless;
    let depth = 0;
    for (
      let error = detailView(runOf({ state: "failed", error: { code: 1012, message: "m", data: endless } }), 0)!.error;
      error;
      error = error.cause
    )
      depth++;
    assert.ok(depth > 1 && depth < 20);
  });
});

test("a run's state is one word", () => {
  const state = (changes: Partial<FakeRun>, info: Partial<FakeRun["info"]> = {}) => {
    const run = new FakeRun(1);
    Object.assign(run, changes);
    run.info = { ...run.info, ...info };
    return viewOfRun(run).state;
  };
  assert.equal(state({}), "running");
  assert.equal(state({}, { state: "cancelled" }), "ending");
  assert.equal(state({ ended: true }, { state: "cancelled" }), "cancelled");
  assert.equal(state({ ended: true }, { state: "done" }), "done");
  assert.equal(state({ ended: true, lost: true }), "lost");
});

test("a run whose server was lost ends with its last known state", () => {
  const run = runOf({ state: "done", startedAt: 5000, ms: 250 });
  run.lost = run.ended = true;
  assert.equal(viewOfRun(run).endedAt, 5250);
});

test("results are copied as JSON, in the given order, without blocking other work", async () => {
  const run = new FakeRun(10_000);
  for (const [index] of run.rows.entries())
    run.rows[index] = { ...run.rows[index]!, state: "done", value: { index }, pid: 7, startedAt: 0, ms: 1.5 };
  run.rows[3] = { ...run.rows[3]!, state: "failed", error: thrown };
  let turns = 0;
  const counter = setInterval(() => turns++, 1);
  let text = "";
  for await (const part of resultsJson(run, run.rows.keys())) text += part;
  clearInterval(counter);
  const all = JSON.parse(text) as Record<string, unknown>[];
  assert.equal(all.length, 10_000);
  assert.deepEqual(all[5], {
    index: 5,
    item: { n: 5 },
    label: "item 5",
    state: "done",
    ms: 1.5,
    pid: 7,
    attempt: 1,
    startedAt: "1970-01-01T00:00:00.000Z",
    result: { index: 5 },
  });
  assert.equal((all[3]!["error"] as { code: string }).code, "TaskFailed");
  assert.ok(turns > 0);
  let some = "";
  for await (const part of resultsJson(run, [9, 2, 99_999])) some += part;
  assert.deepEqual(
    (JSON.parse(some) as { index: number }[]).map(({ index }) => index),
    [9, 2],
  );
  let none = "";
  for await (const part of resultsJson(run, [])) none += part;
  assert.deepEqual(JSON.parse(none), []);
});
