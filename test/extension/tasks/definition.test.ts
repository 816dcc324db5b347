import assert from "node:assert/strict";
import { test } from "node:test";
import { readDefinition } from "../../../extension/tasks/definition.js";

const type = "polyproc";
const items = { glob: "*.ts" };

test("a command over a glob is read", () => {
  const spec = readDefinition({
    type,
    command: "tsc {item}",
    items: { glob: ["a/*.ts", "b"], exclude: "gen" },
    processes: 4,
    timeout: 1.5,
    retries: 2,
    halt: "now,fail=3",
    cwd: "app",
    env: { CI: "1", HOME: null },
  });
  assert.deepEqual(spec, {
    what: { kind: "command", command: "tsc {item}", args: null },
    env: { CI: "1", HOME: null },
    items: { kind: "glob", include: ["a/*.ts", "b"], exclude: ["gen"] },
    cwd: "app",
    options: { processes: 4, chunkSize: undefined, retries: 2, timeoutMs: 1500, halt: { failures: 3, now: true } },
  });
});

test("a function over files, lines, values or Git's changed files is read", () => {
  const read = (source: object) => readDefinition({ type, module: "a.js", export: "f", chunkSize: 10, items: source });
  assert.deepEqual(read({ files: ["a", "b"] }).items, { kind: "files", paths: ["a", "b"] });
  assert.deepEqual(read({ lines: "list.txt" }).items, { kind: "lines", file: "list.txt" });
  assert.deepEqual(read({ values: [] }).items, { kind: "values", values: [] });
  assert.deepEqual(read({ git: true }).items, { kind: "git" });
  assert.deepEqual(read({ git: true }).what, { kind: "module", module: "a.js", export: "f" });
  assert.equal(read({ git: true }).options.chunkSize, 10);
});

test("a time limit is seconds unless it has a unit", () => {
  const timeout = (value: unknown) => readDefinition({ type, command: "x", items, timeout: value }).options.timeoutMs;
  assert.equal(timeout(10), 10_000);
  assert.equal(timeout("500ms"), 500);
  assert.equal(timeout("2m"), 120_000);
});

test("halt has a moment and a number of failures", () => {
  const halt = (value: unknown) => readDefinition({ type, command: "x", items, halt: value }).options.halt;
  assert.equal(halt("never"), undefined);
  assert.deepEqual(halt("soon"), { failures: 1, now: false });
  assert.deepEqual(halt("now,fail=7"), { failures: 7, now: true });
});

test("cache is a switch, or says where and of what outcomes depend", () => {
  const cache = (value: unknown) => readDefinition({ type, command: "x", items, cache: value }).options.cache;
  assert.equal(cache(undefined), undefined);
  assert.deepEqual([cache(true), cache(false), cache({})], [true, false, {}]);
  assert.deepEqual(cache({ dir: "c", inputs: "*.json", env: ["A", "B"] }), {
    dir: "c",
    inputs: ["*.json"],
    env: ["A", "B"],
  });
});

test("invalid definitions are refused, with the property and what it should be", () => {
  const bad: [object, RegExp][] = [
    [{ items }, /^say what to run: "command"/],
    [{ command: "a", module: "b", items }, /not both/],
    [{ command: "a", export: "f", items }, /^"export" names a function of "module"/],
    [{ module: "a", args: [], items }, /^"args" is for commands/],
    [{ command: 3, items }, /^"command" must be a text; it is 3$/],
    [{ command: "{item}", args: ["a"], items }, /cannot be a placeholder/],
    [{ command: "a", args: [1], items }, /^"args" must be a text or a list of texts; it is 1$/],
    [{ command: "a", chunkSize: 2, items }, /^"chunkSize" is for functions/],
    [{ command: "a" }, /^"items" is missing/],
    [
      { command: "a", items: "*.ts" },
      /^"items" must be an object with one of glob, files, lines, values, git; it is "\*\.ts"$/,
    ],
    [{ command: "a", items: {} }, /^"items" needs one of/],
    [{ command: "a", items: { glob: "a", files: ["b"] } }, /^"items" has glob and files/],
    [{ command: "a", items: { files: ["b"], exclude: "c" } }, /^"items.exclude" goes together with "items.glob" only$/],
    [{ command: "a", items: { glob: "b", excludes: "c" } }, /^"items.excludes" is not known/],
    [{ command: "a", items: { glob: [] } }, /^"items.glob" must be at least one text; it is \[\]$/],
    [{ command: "a", items: { lines: "" } }, /^"items.lines" must be the path of a text file/],
    [{ command: "a", items: { values: "[1]" } }, /^"items.values" must be an array/],
    [{ command: "a", items: { git: "yes" } }, /^"items.git" must be true; it is "yes"$/],
    [{ command: "a", items, processes: 0 }, /^"processes" must be a whole number from 1 to 4096; it is 0$/],
    [{ command: "a", items, processes: "4" }, /^"processes" .* it is "4"$/],
    [{ command: "a", items, retries: 1.5 }, /^"retries" must be a whole number from 0 on; it is 1.5$/],
    [{ command: "a", items, timeout: 0 }, /^"timeout" must be a duration/],
    [
      { command: "a", items, timeout: "soon" },
      /^"timeout" must be a duration: 10 \(seconds\), "500ms", .* it is "soon"$/,
    ],
    [{ command: "a", items, halt: true }, /^"halt" must be "never", .* it is true$/],
    [{ command: "a", items, halt: "now,fail=0" }, /^"halt" must be/],
    [{ command: "a", items, env: { A: 1 } }, /^"env.A" must be a text, or null/],
    [{ command: "a", items, cache: "yes" }, /^"cache" must be true, false or an object; it is "yes"$/],
    [{ command: "a", items, cache: { folder: "a" } }, /^"cache.folder" is not known; there are dir, inputs, env$/],
    [{ command: "a", items, cache: { dir: 1 } }, /^"cache.dir" must be a text; it is 1$/],
    [{ command: "a", items, cache: { inputs: [1] } }, /^"cache.inputs" must be a text or a list of texts/],
    [{ command: "a", items, cache: true, where: "cluster" }, /^"cache": outcomes of a cluster are not kept/],
    [{ command: "a", items, cwd: " " }, /^"cwd" must be a text; it is " "$/],
  ];
  for (const [definition, message] of bad)
    assert.throws(
      () => readDefinition({ type, ...definition }),
      { name: "DefinitionError", message },
      JSON.stringify(definition),
    );
});
