import assert from "node:assert/strict";
import { test } from "node:test";
import { command, task, toTarget } from "../../../../bindings/typescript/processes/target.js";
import * as children from "../fixtures/children.js";

test("a task is the module and the name of the function", () => {
  assert.deepEqual(toTarget(task(import.meta, children.print)), { module: import.meta.url, export: "print" });
  assert.deepEqual(toTarget(task(import.meta, () => 1, "table.first")), {
    module: import.meta.url,
    export: "table.first",
  });
});

test("a task of a CommonJS module has the name by which the module exports it", () => {
  const commonJs = (exports: unknown) => ({ filename: "/srv/jobs.cjs", exports });
  const module = "file:///srv/jobs.cjs";
  const exports = { twice: (n: number) => n * 2, other: children.print };
  assert.deepEqual(toTarget(task(commonJs(exports), exports.twice)), {
    module,
    export: "twice",
  });
  const named = task(commonJs(exports), exports.other);
  assert.deepEqual(toTarget(named), { module, export: "other" });
  const whole = task(commonJs(children.print), children.print);
  assert.deepEqual(toTarget(whole), { module, export: "default" });
  assert.deepEqual(toTarget(task(commonJs({}), children.print)), { module, export: "print" });
});

test("a task needs a name and a file", () => {
  assert.throws(() => task(import.meta, () => 1), /has no name/);
  assert.throws(() => task(import.meta, children.print.bind(null)), /has no name/);
  assert.throws(
    () => task({ url: "data:text/javascript,1" }, children.print),
    /import\.meta of a module that is a file/,
  );
  assert.throws(() => task(import.meta, "print" as never), /expected a function/);
});

test("a function itself is sent as its text", () => {
  const target = toTarget((a: number, b: number) => a + b);
  assert.ok("source" in target);
  assert.match(target.source, /a \+ b/);
  assert.equal(target.runtime, "node");
});

test("a function without source text is refused", () => {
  assert.throws(() => toTarget(Math.max), /source text of max is not available/);
  assert.throws(() => toTarget(children.print.bind(null)), /bind/);
});

test("a command is its program, arguments and options", () => {
  assert.deepEqual(toTarget(command("gzip", ["-9"], { check: false })), {
    command: "gzip",
    args: ["-9"],
    check: false,
  });
});

test("a value that is not a target is refused and quoted", () => {
  assert.throws(() => toTarget("print" as never), /got "print"/);
  assert.throws(() => toTarget({ file: "x" } as never), /an object with file/);
  assert.throws(() => toTarget(null as never), /expected a target/);
});
