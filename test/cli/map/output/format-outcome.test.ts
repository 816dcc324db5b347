import assert from "node:assert/strict";
import { test } from "node:test";
import { formatOutcome } from "../../../../cli/map/output/format-outcome.js";
import type { Outcome } from "../../../../cli/map/outcome.js";
import { PolyprocError } from "../../../../protocol/errors.js";

const ran = { index: 4, item: "a.txt", ms: 12.5, pid: 77 };
const plain = { json: false, tag: false };

function command(stdout: string, stderr = "", truncated = false): Outcome {
  return { kind: "done", ...ran, value: { exitCode: 0, signal: null, stdout, stderr, truncated } };
}

function failedCommand(stdout: string, stderr: string): Outcome {
  const data = {
    type: "CommandFailed",
    message: "exit code 3",
    stack: "",
    language: "command",
    exitCode: 3,
    signal: null,
    stdout,
    stderr,
    truncated: false,
  };
  return { kind: "failed", ...ran, error: new PolyprocError("TaskFailed", "make: exit code 3", data).toErrorObject() };
}

test("a command's streams stay apart and unchanged", () => {
  assert.deepEqual(formatOutcome(command("one\ntwo", "oops"), plain), {
    files: [],
    stdout: "one\ntwo",
    stderr: "oops",
  });
  assert.deepEqual(formatOutcome(command(""), plain), { files: [], stdout: "", stderr: "" });
});

test("with a tag each line begins with the item, empty lines, too", () => {
  assert.deepEqual(formatOutcome(command("one\n\ntwo\n", "oops"), { json: false, tag: true }), {
    files: [],
    stdout: "a.txt\tone\na.txt\t\na.txt\ttwo\n",
    stderr: "a.txt\toops",
  });
});

test("a failed command's output is shown, then why it failed", () => {
  assert.deepEqual(formatOutcome(failedCommand("half\n", "oops"), plain), {
    files: [],
    stdout: "half\n",
    stderr: "oops\npolyproc: a.txt: exit code 3\n",
  });
});

test("a failed function's error is shown with the first frames of its stack", () => {
  const stack = ["TypeError: no good", ...Array.from({ length: 9 }, (_, i) => `    at f${i} (x.js:${i})`)].join("\n");
  const error = new PolyprocError("TaskFailed", "TypeError: no good", {
    type: "TypeError",
    message: "no good",
    stack,
    language: "javascript",
  }).toErrorObject();
  const { stdout, stderr } = formatOutcome({ kind: "failed", ...ran, error }, plain);
  assert.equal(stdout, "");
  assert.equal(
    stderr,
    "polyproc: a.txt: TypeError: no good\n    at f0 (x.js:0)\n    at f1 (x.js:1)\n    at f2 (x.js:2)\n" +
      "    at f3 (x.js:3)\n",
  );
});

test("a function's result is a line of JSON", () => {
  assert.deepEqual(formatOutcome({ kind: "done", ...ran, value: { a: [1, null] } }, { json: false, tag: true }), {
    files: [],
    stdout: `a.txt\t{"a":[1,null]}\n`,
    stderr: "",
  });
});

test("--json prints one object for each item, and a failure also on standard error", () => {
  const { stdout, stderr } = formatOutcome(failedCommand("half\n", "1\n2\n3\n4\n"), { json: true, tag: false });
  const object = JSON.parse(stdout) as Record<string, unknown>;
  assert.deepEqual(object, {
    index: 4,
    item: "a.txt",
    ok: false,
    ms: 12.5,
    pid: 77,
    error: {
      name: "TaskFailed",
      code: 1012,
      message: "exit code 3",
      type: "CommandFailed",
      stack: "",
      language: "command",
      exitCode: 3,
      signal: null,
      stdout: "half\n",
      stderr: "1\n2\n3\n4\n",
      truncated: false,
    },
  });
  assert.equal(stderr, "2\n3\n4\npolyproc: a.txt: exit code 3\n");
  assert.deepEqual(JSON.parse(formatOutcome({ kind: "done", ...ran, value: 5 }, { json: true, tag: false }).stdout), {
    index: 4,
    item: "a.txt",
    ok: true,
    value: 5,
    ms: 12.5,
    pid: 77,
  });
});

test("truncated output has a note", () => {
  assert.match(
    formatOutcome(command("end\n", "", true), plain).stderr,
    /^polyproc: a\.txt: its output is longer than 16 MiB/,
  );
});

test("line breaks and control characters of an item are escaped", () => {
  const error = new PolyprocError("TimedOut", "…", { timeoutMs: 1500 }).toErrorObject();
  assert.equal(
    formatOutcome({ kind: "failed", ...ran, item: "a\n\u001b[2J", error }, plain).stderr,
    "polyproc: a\\n\\x1b[2J: ran longer than 1.5 s, and was stopped\n",
  );
});

test("an item that was not run is not shown", () => {
  assert.deepEqual(formatOutcome({ kind: "skipped", ...ran }, { json: true, tag: false }), {
    files: [],
    stdout: "",
    stderr: "",
  });
});
