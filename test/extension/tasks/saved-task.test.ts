import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import type { ItemSource } from "../../../extension/items/item-source.js";
import { shellCommand } from "../../../extension/items/shell-command.js";
import type { RunItem, RunRequest } from "../../../extension/runs/run.js";
import { insertTask } from "../../../extension/tasks/insert-task.js";
import { savedTask } from "../../../extension/tasks/saved-task.js";
import { taskRequest } from "../../../extension/tasks/task-request.js";
import { temporaryFolder } from "../../temporary-folder.js";

function workspace(t: TestContext): string {
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, "src"));
  for (const file of ["src/words.js", "a.txt", "b.txt"]) writeFileSync(join(folder, file), "");
  return folder;
}

function files(...paths: string[]): RunItem[] {
  return paths.map((path) => ({ value: path, label: path, file: path }));
}

/** What the task of a run runs, and the source that it looks for items in. */
async function reread(request: RunRequest, path: string, name = "") {
  const definition = savedTask(request, "again", { name, path });
  assert.deepEqual([definition["label"], definition["type"], definition["problemMatcher"]], ["again", "polyproc", []]);
  let source: ItemSource | undefined;
  const made = await taskRequest(definition, { name: "again", folder: path }, 80, async (asked) => {
    source = asked;
    return [];
  });
  return { definition, made, source: source! };
}

test("a function over a pattern is saved with the pattern and its options, and runs the same", async (t) => {
  const folder = workspace(t);
  const request: RunRequest = {
    name: "countWords over *.txt",
    target: { module: join(folder, "src/words.js"), export: "countWords" },
    cwd: folder,
    items: files(join(folder, "a.txt"), join(folder, "b.txt")),
    recipe: { what: "countWords", source: { kind: "glob", include: ["*.txt"], exclude: ["b*"] } },
    options: {
      processes: 3,
      chunkSize: 2,
      retries: 1,
      timeoutMs: 1500,
      halt: { failures: 3, now: true },
      where: "cluster",
    },
    origin: "command",
  };
  const { definition, made, source } = await reread(request, folder);
  assert.deepEqual(definition, {
    label: "again",
    type: "polyproc",
    module: "src/words.js",
    export: "countWords",
    items: { glob: "*.txt", exclude: "b*" },
    processes: 3,
    chunkSize: 2,
    timeout: "1500ms",
    retries: 1,
    halt: "now,fail=3",
    where: "cluster",
    problemMatcher: [],
  });
  assert.deepEqual([made.target, made.cwd, made.options], [request.target, folder, request.options]);
  assert.deepEqual(source, { kind: "glob", include: ["*.txt"], exclude: ["b*"], folder });
});

test("a run with a cache is saved with it", (t) => {
  const folder = workspace(t);
  const request: RunRequest = {
    name: "wc",
    target: { command: "wc", cwd: folder },
    items: files(join(folder, "a.txt")),
    options: { cache: true },
    origin: "command",
  };
  const saved = (cache: RunRequest["options"]["cache"]) =>
    savedTask({ ...request, options: { cache } }, "again", { name: "", path: folder })["cache"];
  assert.deepEqual([saved(true), saved(false), saved(undefined)], [true, undefined, undefined]);
  assert.deepEqual(saved({ env: ["A"] }), true, "of a run that was found");
  assert.deepEqual(saved({ dir: "/kept", inputs: ["*.json"], env: [] }), { dir: "/kept", inputs: ["*.json"] });
});

test("a line for the shell is saved as it was typed", async (t) => {
  const folder = workspace(t);
  const line = "wc -w '{item}' | tee /dev/null";
  const request: RunRequest = {
    name: "wc",
    target: shellCommand(line, { cwd: folder }),
    items: files(join(folder, "a.txt")),
    recipe: { what: line, source: { kind: "git" } },
    options: { processes: 0, timeoutMs: 0, chunkSize: 1, retries: 0 },
    origin: "command",
  };
  const { definition, made } = await reread(request, folder);
  assert.deepEqual(definition, {
    label: "again",
    type: "polyproc",
    command: line,
    items: { git: true },
    problemMatcher: [],
  });
  assert.deepEqual((made.target as { args: string[] }).args, (request.target as { args: string[] }).args);
});

test("of several folders: a pattern is saved without its folder's name, files of other folders by their paths", (t) => {
  const folder = workspace(t);
  const request: RunRequest = {
    name: "f",
    target: { module: join(folder, "src/words.js") },
    cwd: folder,
    items: files(join(folder, "a.txt")),
    recipe: { what: "f", source: { kind: "glob", include: ["web/*.txt"], exclude: ["web/b.txt"] } },
    options: {},
    origin: "command",
  };
  const itemsOf = (changes: Partial<RunRequest>, name = "web") =>
    savedTask({ ...request, ...changes }, "f", { name, path: folder })["items"];
  assert.deepEqual(itemsOf({}), { glob: "*.txt", exclude: "b.txt" });
  assert.deepEqual(itemsOf({}, ""), { glob: "web/*.txt", exclude: "web/b.txt" });
  assert.deepEqual(itemsOf({ items: files(join(folder, "a.txt"), "/other/c.txt") }), {
    files: ["a.txt", "/other/c.txt"],
  });
  assert.deepEqual(itemsOf({ recipe: undefined }), { files: ["a.txt"] });
  const lines: ItemSource = { kind: "lines", text: "one\ntwo" };
  const items = ["one", "two"].map((value) => ({ value, label: value, file: null }));
  assert.deepEqual(itemsOf({ recipe: { what: "f", source: lines }, items }), { values: ["one", "two"] });
});

test("a task is added at the end of the list, and everything else in tasks.json stays", () => {
  const task = { label: "new" };
  const added = '{\n      "label": "new"\n    }';
  for (const [before, after] of [
    ['{\n  "tasks": []\n}', `{\n  "tasks": [\n    ${added}\n  ]\n}`],
    [
      '{\n  // One: "tasks": [\n  "tasks": [\n    { "a": [1, "]"] } // last\n  ],\n  "inputs": []\n}\n',
      `{\n  // One: "tasks": [\n  "tasks": [\n    { "a": [1, "]"] }, // last\n    ${added}\n  ],\n  "inputs": []\n}\n`,
    ],
    [
      '{\n  "inputs": [{ "tasks": [] }],\n  "tasks": [\n    {},\n    /* , */\n  ]\n}',
      `{\n  "inputs": [{ "tasks": [] }],\n  "tasks": [\n    {},\n    /* , */\n    ${added}\n  ]\n}`,
    ],
  ] as const)
    assert.equal(insertTask(before, task), after);
  assert.match(insertTask('{"tasks":[{}]}', task)!, /^\{"tasks":\[\{\},\n {2}\{\n {4}"label": "new"\n {2}\}\n\]\}$/);
  assert.equal(insertTask('{ "version": "2.0.0" }', task), null);
});

test("what a task cannot do is refused with the reason", (t) => {
  const folder = workspace(t);
  const request: RunRequest = {
    name: "f",
    target: { command: "cat", input: "{item}" },
    items: files(join(folder, "a.txt")),
    options: {},
    origin: "api",
  };
  const refused = (changes: Partial<RunRequest>, message: RegExp) =>
    assert.throws(() => savedTask({ ...request, ...changes }, "f", { name: "", path: folder }), {
      name: "SaveError",
      message,
    });
  refused({}, /^a task's command has no "input"$/);
  refused({ target: { source: "(x) => x" } }, /^its function is a text/);
  const many = Array.from({ length: 1001 }, (_, value) => ({ value, label: "", file: null }));
  refused({ target: { command: "cat" }, items: many }, /^its 1,001 items are no list for tasks\.json/);
});
