import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import type { ItemSource } from "../../../extension/items/item-source.js";
import { describeDefinition, taskRequest } from "../../../extension/tasks/task-request.js";
import type { CommandTarget } from "../../../protocol/target.js";
import { temporaryFolder } from "../../temporary-folder.js";

/** The request of a definition, and the source that its items were asked of. */
async function request(folder: string | null, definition: Record<string, unknown>) {
  const sources: ItemSource[] = [];
  const made = await taskRequest({ type: "polyproc", ...definition }, { name: "lint", folder }, 97, async (source) => {
    sources.push(source);
    return [{ value: 1, label: "1", file: null }];
  });
  return { ...made, source: sources[0] };
}

function workspace(t: TestContext): string {
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, "app"));
  writeFileSync(join(folder, "app/f.js"), "");
  writeFileSync(join(folder, "app/list.txt"), "a\nb\n");
  return folder;
}

// The developer's own wish would change what tasks ask for.
delete process.env["NO_COLOR"];

test("paths and patterns are relative to cwd, which is relative to the workspace folder", async (t) => {
  const folder = workspace(t);
  const { target, source, ...rest } = await request(folder, {
    module: "f.js",
    export: "f",
    cwd: "app",
    items: { glob: "*.ts" },
  });
  assert.deepEqual(target, { module: join(folder, "app/f.js"), export: "f" });
  assert.deepEqual(rest.env, { COLUMNS: "97", FORCE_COLOR: "1", CLICOLOR_FORCE: "1" });
  assert.deepEqual(source, { kind: "glob", include: ["*.ts"], exclude: [], folder: join(folder, "app") });
  assert.deepEqual(
    { name: rest.name, origin: rest.origin, chunkSize: rest.options.chunkSize },
    { name: "lint", origin: "task", chunkSize: 1 },
  );
});

test("files and lists are relative to cwd, too", async (t) => {
  const folder = workspace(t);
  assert.deepEqual(
    (await request(folder, { command: "wc", cwd: "app", items: { files: ["f.js", "/etc/hosts"] } })).source,
    { kind: "files", paths: [join(folder, "app/f.js"), "/etc/hosts"] },
  );
  assert.deepEqual((await request(folder, { command: "wc", items: { lines: "app/list.txt" } })).source, {
    kind: "lines",
    text: "a\nb\n",
  });
});

test("a command is a line for the shell; with args it is a program", async (t) => {
  const folder = workspace(t);
  const line = await request(folder, { command: "wc -l {item}", items: { values: [1] }, env: { A: "b" } });
  assert.deepEqual(line.target, {
    command: "sh",
    args: ["-c", 'wc -l "${1}"', "sh", "{item}"],
    cwd: folder,
    env: { COLUMNS: "97", FORCE_COLOR: "1", CLICOLOR_FORCE: "1", A: "b" },
    maxOutputBytes: 262144,
  });
  const program = await request(folder, { command: "wc", args: ["-l", "{item}"], items: { values: [1] } });
  const { env, ...rest } = program.target as CommandTarget;
  assert.deepEqual(rest, { command: "wc", args: ["-l", "{item}"], cwd: folder, maxOutputBytes: 262144 });
  assert.deepEqual(env, { COLUMNS: "97", FORCE_COLOR: "1", CLICOLOR_FORCE: "1" });
});

test("a folder whose name looks like a placeholder is taken literally", async (t) => {
  const folder = workspace(t);
  mkdirSync(join(folder, "{item}"));
  const { target } = await request(folder, { command: "wc", cwd: "{item}", items: { values: [1] } });
  assert.equal((target as { cwd: string }).cwd, join(folder, "{{item}}"));
});

test("the error for missing files and folders names them", async (t) => {
  const folder = workspace(t);
  const values = { values: [1] };
  await assert.rejects(request(folder, { module: "none.js", items: values }), {
    name: "DefinitionError",
    message: `"module": there is no file ${join(folder, "none.js")}`,
  });
  await assert.rejects(request(folder, { module: "app", items: values }), { message: /there is no file/ });
  await assert.rejects(request(folder, { command: "wc", cwd: "none", items: values }), {
    message: `"cwd": there is no folder ${join(folder, "none")}`,
  });
  await assert.rejects(request(join(folder, "gone"), { command: "wc", items: values }), {
    message: `the task's folder ${join(folder, "gone")} is gone`,
  });
  await assert.rejects(request(folder, { command: "wc", items: { lines: "none.txt" } }), {
    message: `"items.lines": there is no file ${join(folder, "none.txt")}`,
  });
});

test("outcomes depend on the task's own variables, not on the terminal's", async (t) => {
  const folder = workspace(t);
  const cacheOf = async (cache: unknown) =>
    (await request(folder, { command: "wc", items: { values: [1] }, env: { A: "1" }, cwd: "app", cache })).options
      .cache;
  assert.deepEqual(await cacheOf(true), { env: ["A"] });
  assert.deepEqual(await cacheOf({ dir: "kept", inputs: "*.js", env: "LANG" }), {
    dir: join(folder, "app/kept"),
    inputs: ["*.js"],
    env: ["A", "LANG"],
  });
  assert.deepEqual([await cacheOf(undefined), await cacheOf(false)], [undefined, false]);
});

test("a task is described, valid or not", () => {
  assert.equal(describeDefinition({ command: "gzip", args: ["-9", "{item}"] }), "gzip -9 {item}");
  assert.equal(describeDefinition({ module: "./a.js" }), "./a.js#default");
  assert.equal(describeDefinition({ command: 3, args: [4, "a"] }), "a");
});
