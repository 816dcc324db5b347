import assert from "node:assert/strict";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test, type TestContext } from "node:test";
import { projectNode } from "../../../../bindings/typescript/session/project-node.js";
import { run } from "../../../cli/polyproc.js";
import { temporaryFolder } from "../../../temporary-folder.js";

function write(path: string, text: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

/** A home in which version managers keep these Nodes, which are not run. */
function home(t: TestContext): NodeJS.ProcessEnv {
  const folder = temporaryFolder(t);
  for (const path of [
    ".nvm/versions/node/v30.1.0/bin/node",
    ".nvm/versions/node/v30.12.0/bin/node",
    ".volta/tools/image/node/31.0.1/bin/node",
    ".local/share/mise/installs/node/32.4.0/bin/node",
    ".local/share/fnm/node-versions/v33.0.0/installation/bin/node",
  ])
    write(join(folder, path), "");
  return { HOME: folder };
}

test("a project names its Node in the files of nvm, volta, mise and others; the newest that fits counts", (t) => {
  const env = home(t);
  const HOME = env["HOME"]!;
  for (const [file, text, version] of [
    [".nvmrc", "# ours\nv30\n", "30.12.0"],
    [".nvmrc", "30.1", "30.1.0"],
    [".node-version", "33.0.0\n", "33.0.0"],
    ["package.json", '{ "volta": { "node": "31.0.1" } }', "31.0.1"],
    ["mise.toml", '[env]\nnode = "1"\n[tools]\npython = "3"\nnode = "32"\n', "32.4.0"],
    [".tool-versions", "python 3.12\nnodejs 30.1.0\n", "30.1.0"],
  ] as const) {
    const folder = join(temporaryFolder(t), "a");
    const named = write(join(folder, file), text);
    mkdirSync(join(folder, "src/deep"), { recursive: true });
    const node = projectNode(join(folder, "src/deep"), env);
    assert.equal(node?.file, named);
    assert.equal(node.found?.version, version);
    assert.ok(node.found.path.startsWith(HOME));
  }
});

test("the nearest folder counts, this process's Node comes first, and what is not installed is told", (t) => {
  const env = home(t);
  const folder = temporaryFolder(t);
  write(join(folder, ".nvmrc"), "30");
  write(join(folder, "inner/.nvmrc"), process.version);
  write(join(folder, "missing/.nvmrc"), "34");
  write(join(folder, "broken/package.json"), "{");
  assert.deepEqual(projectNode(join(folder, "inner"), env)?.found, {
    path: process.execPath,
    version: process.versions.node,
  });
  assert.deepEqual(projectNode(join(folder, "missing"), env), {
    wanted: "34",
    file: join(folder, "missing/.nvmrc"),
    found: null,
  });
  assert.equal(projectNode(join(folder, "broken"), env)?.found?.version, "30.12.0");
  assert.equal(projectNode(temporaryFolder(t), env), null);
});

test("polyproc map runs a function in the project's Node, and says so; or says that it is not installed", async (t) => {
  const folder = temporaryFolder(t);
  const HOME = join(folder, "home");
  const named = write(
    join(HOME, ".nvm/versions/node/v98.0.0/bin/node"),
    `#!/bin/sh\nBY=nvm exec '${process.execPath}' "$@"\n`,
  );
  chmodSync(named, 0o755);
  const module = write(join(folder, "project/by.mjs"), "export default () => process.env.BY ?? null;\n");
  const nvmrc = write(join(folder, "project/.nvmrc"), "98\n");
  const env = { HOME, NVM_DIR: undefined };
  const there = await run(t, ["map", "-j", "1", "--module", module, "a"], { env });
  assert.equal(there.stdout, '"nvm"\n', there.stderr);
  assert.match(there.stderr, new RegExp(`the function runs in Node v98\\.0\\.0 \\(${named}\\), as ${nvmrc} says`));
  writeFileSync(nvmrc, "99\n");
  const missing = await run(t, ["map", "-j", "1", "--module", module, "a"], { env });
  assert.equal(missing.stdout, "null\n", missing.stderr);
  assert.match(missing.stderr, /\.nvmrc names Node 99, which is not installed here: the function runs in Node v\d+/);
});
