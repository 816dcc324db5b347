import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ProblemBook } from "../../../extension/diagnostics/problem-book.js";
import { errorCodes } from "../../../protocol/errors.js";
import type { Failure } from "../../../protocol/job.js";
import type { Target } from "../../../protocol/target.js";
import { FakeRun } from "../runs/fake-run.js";

const lint: Target = { command: "lint", args: ["{item}"] };
const parse: Target = { module: "/w/parse.js", export: "parse" };

const thrown = (message: string, stack: string) => ({
  code: errorCodes.TaskFailed,
  message,
  data: { type: "Error", message: message.replace("Error: ", ""), stack, language: "javascript" },
});
const exited = (stderr: string, stdout = "") => ({
  code: errorCodes.TaskFailed,
  message: "lint: exit code 1",
  data: { language: "command", message: "exit code 1", stack: "", stderr, stdout },
});

function of(book: ProblemBook, ...files: string[]): string[] {
  return [...book.of(new Set(files)).values()]
    .flat()
    .map(({ file, line, column, severity, message }) => `${file}:${line + 1}:${column + 1} ${severity}: ${message}`);
}

function failing(id: string, target: Target, file: string | undefined, error: Failure): FakeRun {
  const run = new FakeRun(id, target, [{ label: "item", ...(file === undefined ? {} : { file }) }]);
  run.set(0, { state: "failed", error });
  return run;
}

describe("problems that runs report", () => {
  test("a command's messages about its own file, not about others", () => {
    const book = new ProblemBook(() => null);
    const run = failing(
      "r1",
      lint,
      "/w/src/a.c",
      exited(
        "src/a.c:3:5: error: bad\n./src/a.c:4: warning: hm\nsrc/b.c:1:1: error: elsewhere\na.c: in function f",
        "a.c:9:1: info: also",
      ),
    );
    assert.deepEqual(book.update(run, [0]), new Set(["/w/src/a.c"]));
    assert.deepEqual(of(book, "/w/src/a.c"), [
      "/w/src/a.c:3:5 error: error: bad",
      "/w/src/a.c:4:1 warning: warning: hm",
      "/w/src/a.c:9:1 information: info: also",
    ]);
  });

  test("a failure without a position: at the file's beginning, with the reason", () => {
    const book = new ProblemBook(() => null);
    book.update(failing("r1", lint, "/w/a.c", exited("it broke")), [0]);
    assert.deepEqual(of(book, "/w/a.c"), ["/w/a.c:1:1 error: work: exit code 1"]);
  });

  test("at the position in the file that the stack names", () => {
    const book = new ProblemBook(() => null);
    book.update(
      failing(
        "r1",
        parse,
        "/w/data.js",
        thrown("Error: no", "Error: no\n    at f (/w/parse.js:1:1)\n    at /w/data.js:7:2"),
      ),
      [0],
    );
    assert.deepEqual(of(book, "/w/data.js"), ["/w/data.js:7:2 error: Error: no"]);
    assert.deepEqual(of(book, "/w/parse.js"), ["/w/parse.js:1:1 error: Error: no (for item)"]);
  });

  test("at the position that the error's message names", () => {
    const book = new ProblemBook(() => null);
    book.update(
      failing(
        "r1",
        parse,
        "/w/t.csv",
        thrown('/w/t.csv:12: "x" is not a number', "TypeError: /w/t.csv:12: …\n    at f (/w/parse.js:1:1)"),
      ),
      [0],
    );
    assert.deepEqual(of(book, "/w/t.csv"), ['/w/t.csv:12:1 error: "x" is not a number']);
  });

  test("for an item that is no file: in the function's module", () => {
    const book = new ProblemBook(() => null);
    book.update(
      failing("r1", parse, undefined, thrown("Error: no", "Error: no\n    at f (file:///w/parse.js:8:11)")),
      [0],
    );
    assert.deepEqual(of(book, "/w/parse.js"), ["/w/parse.js:8:11 error: Error: no (for item)"]);
    assert.deepEqual(book.update(failing("r2", lint, undefined, exited("x.c:1:1: error: bad")), [0]), new Set());
  });

  test("an exception marks the line that threw, once, with the items that it failed for", () => {
    const book = new ProblemBook(() => null);
    const run = new FakeRun(
      "r1",
      parse,
      ["a", "b", "c", "d"].map((name) => ({ label: name, file: `/w/${name}.txt` })),
    );
    const stack = "Error: no\n    at check (/w/node_modules/lib/x.js:1:1)\n    at parse (/w/parse.js:8:11)";
    for (let index = 0; index < 4; index++) run.set(index, { state: "failed", error: thrown("Error: no", stack) });
    assert.deepEqual(book.update(run, [0, 1, 2, 3]).size, 5);
    assert.deepEqual(of(book, "/w/parse.js", "/w/a.txt"), [
      "/w/parse.js:8:11 error: Error: no (for a, b, c and 1 more)",
      "/w/a.txt:1:1 error: Error: no",
    ]);
    assert.deepEqual([...book.of(new Set(["/w/a.txt"])).values()].flat()[0]!.thrownAt, {
      file: "/w/parse.js",
      line: 7,
      column: 10,
    });
    for (let index = 0; index < 3; index++) run.set(index, { state: "done" });
    book.update(run, [0, 1, 2]);
    assert.deepEqual(of(book, "/w/parse.js"), ["/w/parse.js:8:11 error: Error: no (for d)"]);
  });

  test("a module that cannot be loaded is one problem, at its line, until an item succeeds", () => {
    const book = new ProblemBook(() => null);
    const run = new FakeRun(
      "r1",
      parse,
      Array.from({ length: 30 }, (_, index) => ({ label: `${index}`, file: `/w/${index}.txt` })),
    );
    const error = {
      code: errorCodes.TargetNotFound,
      message: "module /w/parse.js failed while it was loaded: RangeError: no\n    at file:///w/parse.js:3:7",
      data: { stack: "RangeError: no\n    at file:///w/parse.js:3:7" },
    };
    for (let index = 0; index < 30; index++) run.set(index, { state: "failed", error });
    assert.deepEqual(book.update(run, [...run.rows.keys()]), new Set(["/w/parse.js"]));
    assert.deepEqual(of(book, "/w/parse.js"), [
      "/w/parse.js:3:7 error: module /w/parse.js failed while it was loaded: RangeError: no",
    ]);
    run.set(4, { state: "done" });
    assert.deepEqual(book.update(run, [4]), new Set(["/w/parse.js"]));
    assert.deepEqual(of(book, "/w/parse.js"), []);
  });

  test("they go when the same target succeeds with the item, not when another does", () => {
    const book = new ProblemBook(() => null);
    book.update(failing("r1", lint, "/w/a.c", exited("")), [0]);
    const other = new FakeRun("r2", parse, [{ label: "item", file: "/w/a.c" }]);
    other.set(0, { state: "done" });
    assert.deepEqual(book.update(other, [0]), new Set());
    const same = new FakeRun("r3", lint, [{ label: "item", file: "/w/a.c" }]);
    same.set(0, { state: "cancelled" });
    assert.deepEqual(book.update(same, [0]), new Set());
    same.set(0, { state: "done" });
    assert.deepEqual(book.update(same, [0]), new Set(["/w/a.c"]));
    assert.deepEqual(of(book, "/w/a.c"), []);
  });

  test("a later failure takes the place of the earlier one", () => {
    const book = new ProblemBook(() => null);
    book.update(failing("r1", lint, "/w/a.c", exited("a.c:1:1: error: old")), [0]);
    book.update(failing("r2", lint, "/w/a.c", exited("a.c:2:1: error: new")), [0]);
    assert.deepEqual(of(book, "/w/a.c"), ["/w/a.c:2:1 error: error: new"]);
    assert.deepEqual(book.keepOnly(new Set(["r2"])), new Set());
    assert.deepEqual(book.keepOnly(new Set()), new Set(["/w/a.c"]));
  });

  test("at most a bounded number, however many items fail", () => {
    const book = new ProblemBook(() => null);
    const count = 5000;
    const run = new FakeRun(
      "r1",
      lint,
      Array.from({ length: count }, (_, index) => ({ label: `${index}`, file: `/w/${index}.c` })),
    );
    for (let index = 0; index < count; index++)
      run.rows[index] = {
        ...run.rows[index]!,
        state: "failed",
        error: exited(`${index}.c:1:1: error: bad\n`.repeat(100)),
      };
    const changed = book.update(run, [...run.rows.keys()]);
    assert.equal(of(book, ...changed).length, 2000);
    assert.deepEqual(book.clear(), changed);
    assert.deepEqual(of(book, ...changed), []);
  });
});
