import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { OpaqueBlob } from "../../../bindings/typescript/session/codec.js";
import { UnknownObject } from "../../../bindings/typescript/session/handles.js";
import { Flow } from "../../../extension/output/flow.js";
import { outcomeLines, prefixOf, resultText } from "../../../extension/output/format-row.js";
import { RunNumbers } from "../../../extension/output/run-numbers.js";
import { RunReport, type Grouping } from "../../../extension/output/run-report.js";
import { errorCodes } from "../../../protocol/errors.js";
import { FakeRun } from "../runs/fake-run.js";

function setUp(grouping: Grouping, target: FakeRun["request"]["target"] = { module: "/w/m.js" }, number = 1) {
  let text = "";
  const flow = new Flow({ sink: { append: (more) => (text += more) } });
  const run = new FakeRun("run:s1.1", target, [{ label: "a.txt" }, { label: "b.txt" }]);
  const report = new RunReport(run, flow, grouping, number);
  return {
    run,
    report,
    lines: () => {
      flow.flush();
      flow.dispose();
      return text.split("\n").slice(0, -1);
    },
  };
}

const error = {
  code: errorCodes.TaskFailed,
  message: "TypeError: no",
  data: {
    type: "TypeError",
    message: "no",
    language: "javascript",
    stack: "TypeError: no\n    at f (/w/m.js:1:2)\n    at g (/w/m.js:3:4)",
  },
};

describe("a run in the output channel", () => {
  test("lines as they arrive, each marked with its item, then the outcomes and the summary", () => {
    const { run, lines } = setUp("line");
    run.writes(0, ["one"]);
    run.writes(1, ["two", "three"]);
    run.writes(0, ["four"]);
    run.set(0, { state: "done", value: { words: 3 } });
    run.set(1, { state: "failed", error, attempt: 2 });
    run.end();
    assert.deepEqual(lines(), [
      "▶ work: 2 items, 2 processes at a time",
      "[a.txt] one",
      "[b.txt] two",
      "[b.txt] three",
      "[a.txt] four",
      "[a.txt] ✔ { words: 3 } (5 ms)",
      "[b.txt] ✘ TypeError: no (5 ms, attempt 2)",
      "[b.txt]     at f (/w/m.js:1:2)",
      "[b.txt]     at g (/w/m.js:3:4)",
      "■ work: 1 done, 1 failed in 3.2 s",
      "",
    ]);
  });

  test("by item: its lines together when it ends; later lines are not lost", () => {
    const { run, lines } = setUp("task");
    run.writes(0, ["one"]);
    run.writes(1, ["two"]);
    run.writes(0, ["three"], 4);
    run.set(0, { state: "done", value: 1 });
    run.writes(0, ["late"]);
    run.end();
    assert.deepEqual(lines().slice(1), [
      "… 4 lines left out, see Results",
      "[a.txt] one",
      "[a.txt] three",
      "[a.txt] ✔ 1 (5 ms)",
      "[a.txt] late",
      "[b.txt] two",
      "■ work: 1 done in 3.2 s",
      "",
    ]);
  });

  test("by item: the last thousand lines of a flood", () => {
    const { run, lines } = setUp("task");
    for (let i = 0; i < 100; i++) run.writes(0, new Array<string>(100).fill(`line ${i}`));
    run.set(0, { state: "done", value: null });
    const shown = lines();
    assert.equal(shown[1], "… 9,000 lines left out, see Results");
    assert.equal(shown.length, 1003);
    assert.equal(shown.at(-1), "[a.txt] ✔ null (5 ms)");
  });

  test("an outcome is reported once, and nothing is reported after dispose", () => {
    const { run, report, lines } = setUp("line", { command: "wc" });
    run.set(0, { state: "done", value: { exitCode: 0, signal: null, stdout: "", stderr: "", truncated: false } });
    run.set(0, { state: "done" });
    report.dispose();
    run.end();
    assert.deepEqual(lines().slice(1), ["[a.txt] ✔ done (5 ms)"]);
  });

  test("the number of items that never began is reported", () => {
    const { run, lines } = setUp("line");
    run.set(0, { state: "cancelled", pid: 7 });
    run.set(1, { state: "cancelled", pid: 0, ms: 0 });
    run.end();
    assert.deepEqual(lines().slice(1, 3), ["[a.txt] ⊘ cancelled (5 ms)", "■ work: 0 done, 2 cancelled in 3.2 s"]);
  });

  test("while two runs are shown, every line begins with the number of its run", () => {
    const { run, lines } = setUp("line", undefined, 2);
    run.writes(0, ["one"]);
    run.set(0, { state: "done", value: 3 });
    run.end();
    assert.deepEqual(lines(), [
      "2│ ▶ work: 2 items, 2 processes at a time",
      "2│ [a.txt] one",
      "2│ [a.txt] ✔ 3 (5 ms)",
      "2│ ■ work: 1 done in 3.2 s",
      "",
    ]);
  });

  test("the number of an ended run is used again", () => {
    const numbers = new RunNumbers();
    assert.deepEqual([numbers.take(), numbers.take(), numbers.take()], [1, 2, 3]);
    numbers.giveBack(2);
    assert.deepEqual([numbers.take(), numbers.take()], [2, 4]);
  });

  test("lost items are reported", () => {
    const { run, lines } = setUp("line");
    run.lost = true;
    run.set(0, { state: "lost", ms: null, pid: 7 });
    run.end();
    assert.deepEqual(lines().slice(1, 3), [
      "[a.txt] ⊘ lost: the server ended before it was done",
      "■ work: 0 done, 1 lost in 3.2 s",
    ]);
  });
});

describe("values and labels in one line", () => {
  for (const [value, text] of [
    ["a\n\u001b[31mb\u0007", '"a\\n\\u001b[31mb\\u0007"'],
    [[1, { a: [2, { b: {} }] }], "[ 1, { a: [ 2, { b: {} } ] } ]"],
    [new UnknownObject("lock:s1.4"), "<lock:s1.4>"],
    [{ q: [new OpaqueBlob("python/pickle", new Uint8Array(3))] }, "{ q: [ <python/pickle, 3 bytes> ] }"],
    [undefined, "(the result is no longer kept)"],
    [null, "null"],
    [10n, "10n"],
    [new Map([["k", new Date(0)]]), "Map(1) { 'k' => 1970-01-01T00:00:00.000Z }"],
  ] as const) {
    test(text, () => assert.equal(resultText(value), text));
  }

  test("large values are cut, whatever their type", () => {
    for (const value of [
      "x".repeat(1e6),
      new Array(1e5).fill("y"),
      Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`k${i}`, i])),
      new Error("z".repeat(1e6)),
    ]) {
      const text = resultText(value);
      assert.ok(text.length <= 300 && !text.includes("\n"), text);
    }
  });

  test("a label stays on its line, and a long one keeps its end", () => {
    assert.equal(prefixOf("a\nb\u001b[31mc\u001b[0m"), "[a⏎bc] ");
    const long = prefixOf(`${"d/".repeat(100)}name.txt`);
    assert.ok(long.length <= 63 && long.endsWith("d/name.txt] "), long);
  });

  test("a failure without a stack is one line, and a deep stack is cut", () => {
    const row = {
      index: 0,
      chunk: 0,
      label: "a",
      file: null,
      state: "failed" as const,
      pid: 1,
      attempt: 1,
      startedAt: 0,
      ms: 2000,
    };
    assert.deepEqual(
      outcomeLines({ ...row, error: { code: errorCodes.TimedOut, message: "x", data: { timeoutMs: 1500 } } }, false),
      ["✘ ran longer than 1.5 s, and was stopped (2 s)"],
    );
    const deep = {
      ...error,
      data: { ...error.data, stack: `TypeError: no\n${"    at f (/w/m.js:1:2)\n".repeat(50)}` },
    };
    const lines = outcomeLines({ ...row, error: deep }, false);
    assert.equal(lines.length, 14);
    assert.match(lines.at(-1)!, /39 more/);
  });
});
