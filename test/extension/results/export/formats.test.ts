import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { resultsCsv } from "../../../../bindings/typescript/runs/csv.js";
import { resultsJsonLines } from "../../../../bindings/typescript/runs/json.js";
import { resultsJunit } from "../../../../bindings/typescript/runs/junit.js";
import type { Row } from "../../../../extension/runs/run.js";
import { needs } from "../../../tools/needs.js";
import { FakeRun } from "../fake-run.js";

const error = {
  code: 1012,
  message: "the task threw",
  data: {
    name: "TaskFailed",
    type: "TypeError",
    message: 'a <b> & "c"\u0007',
    language: "javascript",
    stack: 'TypeError: a <b> & "c"\u0007\n    at f (/work/m.js:1:2)',
  },
};

/** A run with an item in each state. */
function mixedRun(): FakeRun {
  const run = new FakeRun(5, { name: 'x > "y"\nz' });
  const rows: Partial<Row>[] = [
    { state: "done", value: 'one, "two"\nthree', ms: 1500, pid: 7, startedAt: 2000, label: "a, b" },
    { state: "done", value: { n: [1] }, ms: 2, pid: 7, startedAt: 2000, file: "/work/ü.txt" },
    { state: "failed", error, ms: 0.25, pid: 8, attempt: 2, startedAt: 3000 },
    { state: "cancelled", label: "bad \ud800 \u0000 end" },
    { state: "running", startedAt: 4000, pid: 9 },
  ];
  for (const [index, row] of rows.entries()) run.change(index, row);
  return run;
}

async function whole(parts: AsyncIterable<string>): Promise<string> {
  let text = "";
  for await (const part of parts) text += part;
  return text;
}

const all = [0, 1, 2, 3, 4];

/** What another program reads. */
function python(program: string, text: string): unknown {
  return JSON.parse(execFileSync("python3", ["-c", program], { input: text, encoding: "utf8" }));
}

test("CSV is read by a program for it, with every cell", needs("python3"), async () => {
  const program = "import csv, json, sys; print(json.dumps(list(csv.reader(sys.stdin))))";
  const rows = python(program, await whole(resultsCsv(mixedRun(), all))) as string[][];
  assert.deepEqual(rows.slice(0, 4), [
    ["index", "item", "state", "ms", "pid", "attempt", "startedAt", "result", "error"],
    ["0", "a, b", "done", "1500", "7", "1", "1970-01-01T00:00:02.000Z", 'one, "two"\nthree', ""],
    ["1", "item 1", "done", "2", "7", "1", "1970-01-01T00:00:02.000Z", '{"n":[1]}', ""],
    ["2", "item 2", "failed", "0.25", "8", "2", "1970-01-01T00:00:03.000Z", "", rows[3]![8]!],
  ]);
  assert.match(rows[3]![8]!, /TypeError/);
  assert.deepEqual(rows[5]!.slice(0, 6), ["4", "item 4", "running", "", "9", "1"]);
});

test("JUnit XML is well formed whatever the texts are, and counts what it has", needs("python3"), async () => {
  const program = `
import json, sys, xml.etree.ElementTree as tree
suite = tree.fromstring(sys.stdin.buffer.read())[0]
outcome = lambda part: [part.tag, part.get("type") or part.get("message"), part.text]
cases = [[case.get("name"), case.get("file"), case.get("time"), [outcome(part) for part in case]] for case in suite]
print(json.dumps([suite.attrib, cases]))`;
  const [suite, cases] = python(program, await whole(resultsJunit(mixedRun(), all))) as [
    Record<string, string>,
    unknown[],
  ];
  const { name, tests, failures, skipped, errors, timestamp } = suite;
  assert.deepEqual(
    { name, tests, failures, skipped, errors, timestamp },
    {
      name: 'x > "y"\nz',
      tests: "5",
      failures: "1",
      skipped: "2",
      errors: "0",
      timestamp: "1970-01-01T00:00:01.000",
    },
  );
  assert.deepEqual(cases, [
    ["a, b", null, "1.500", []],
    ["item 1", "/work/ü.txt", "0.002", []],
    ["item 2", null, "0.000", [["failure", "TypeError", error.data.stack.replace("\u0007", "\ufffd")]]],
    ["bad \ufffd \ufffd end", null, "0.000", [["skipped", "cancelled", null]]],
    ["item 4", null, "0.000", [["skipped", "running", null]]],
  ]);
});

test("JSON Lines has an object for each row, in the order that was asked for", async () => {
  const lines = (await whole(resultsJsonLines(mixedRun(), [2, 0]))).trimEnd().split("\n");
  const [failed, done] = lines.map((line) => JSON.parse(line) as { index: number; state: string; result?: unknown });
  assert.deepEqual([failed!.index, failed!.state], [2, "failed"]);
  assert.deepEqual([done!.index, done!.result], [0, 'one, "two"\nthree']);
  assert.equal(lines.length, 2);
});
