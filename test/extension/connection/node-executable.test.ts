import assert from "node:assert/strict";
import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { isSupportedNode } from "../../../bindings/typescript/session/project-node.js";
import { canStrip } from "../../../bindings/typescript/host/typescript/strip-types.js";
import { findNode } from "../../../extension/connection/node-executable.js";
import { temporaryFolder } from "../../temporary-folder.js";

test("20.19 and later versions are new enough", () => {
  assert.deepEqual(["20.18.3", "18.20.0", "20.19.0", "v20.19.1", "21.0.0", "24.11.0"].map(isSupportedNode), [
    false,
    false,
    true,
    true,
    true,
    true,
  ]);
});

test("the setting comes first, then PATH, then the editor's own Node.js", async (t) => {
  const old = program(t, "printf '18.0.0\\n/old/node\\n'");
  const good = program(t, "printf '22.1.0\\n/good/node\\n'");
  const none = temporaryFolder(t);
  const path = (folder: string) => ({ PATH: `${folder}:/bin:/usr/bin` });
  const cwd = none;
  assert.deepEqual(await findNode(process.execPath, cwd), {
    path: process.execPath,
    version: process.versions.node,
    env: {},
    from: "setting",
    note: null,
  });
  assert.deepEqual(await findNode("", cwd, path(good)), {
    path: "/good/node",
    version: "22.1.0",
    env: {},
    from: "PATH",
    note: null,
  });
  assert.equal((await findNode("", cwd, path(old))).from, "editor");
  assert.equal((await findNode("", cwd, { PATH: none })).path, process.execPath);
  await assert.rejects(
    findNode(join(old, "node"), cwd),
    /polyproc\.nodePath names .*node, which is Node\.js 18\.0\.0; 20\.19 or newer is needed/,
  );
});

test("the Node.js that the folder's project names comes before PATH; a note says why it cannot be used", async (t) => {
  const home = temporaryFolder(t);
  const cwd = join(home, "project");
  const bin = join(home, ".nvm/versions/node/v22.3.0/bin");
  for (const folder of [cwd, bin]) mkdirSync(folder, { recursive: true });
  const env = { HOME: home, PATH: `${program(t, "printf '24.1.0\\n/path/node\\n'")}:/bin:/usr/bin` };
  const names = (version: string) => writeFileSync(join(cwd, ".nvmrc"), version);
  writeFileSync(join(bin, "node"), "#!/bin/sh\nprintf '22.3.0\\n/project/node\\n'\n", { mode: 0o755 });
  names("22.3");
  assert.deepEqual(await findNode("", cwd, env), {
    path: "/project/node",
    version: "22.3.0",
    env: {},
    from: "project",
    note: null,
  });
  names("23");
  const other = await findNode("", cwd, env);
  assert.equal(other.from, "PATH");
  assert.equal(other.note, `${join(cwd, ".nvmrc")} names Node 23, which is not installed here`);
  names("22.3");
  writeFileSync(join(bin, "node"), "#!/bin/sh\nexit 3\n");
  const broken = await findNode("", cwd, env);
  assert.equal(broken.from, "PATH");
  assert.match(broken.note!, /node, which .*\.nvmrc means, does not answer as Node\.js \(exit code 3\)$/);
});

test("a Node.js that cannot run the folder's TypeScript is passed over, unless something translates it", async (t) => {
  const home = temporaryFolder(t);
  const cwd = join(home, "project");
  mkdirSync(cwd);
  writeFileSync(join(cwd, "tsconfig.json"), "{}");
  const on = (version: string, strips: boolean) => ({
    HOME: home,
    PATH: `${program(t, `printf '${version}\\n/path/node\\n${strips ? "function" : "undefined"}\\n'`)}:/bin:/usr/bin`,
  });
  assert.equal((await findNode("", cwd, on("22.18.0", true))).from, "PATH");
  const old = await findNode("", cwd, on("20.19.4", false));
  const lack = `Node.js 20.19.4 (/path/node) cannot run the TypeScript of ${cwd}, which has none of tsx, `;
  assert.ok(old.note!.startsWith(lack), old.note!);
  // This process's Node stands for the editor's: it is chosen if it can do more.
  assert.equal(old.from, canStrip ? "editor" : "PATH");
  const install = (folder: string, version: string) => {
    mkdirSync(join(home, folder), { recursive: true });
    writeFileSync(join(home, folder, "package.json"), JSON.stringify({ version }));
  };
  // It has no function that translates one file.
  install("node_modules/typescript", "7.0.2");
  assert.ok((await findNode("", cwd, on("20.19.4", false))).note!.startsWith(lack));
  const path = { path: "/path/node", version: "20.19.4", env: {}, from: "PATH", note: null };
  // Where pnpm puts a bundler's.
  install("node_modules/.pnpm/node_modules/esbuild", "0.25.0");
  assert.deepEqual(await findNode("", cwd, on("20.19.4", false)), path);
  rmSync(join(home, "node_modules/.pnpm"), { recursive: true });
  install("node_modules/typescript", "6.0.1");
  assert.deepEqual(await findNode("", cwd, on("20.19.4", false)), path);
});

test("a Node.js that engines.node does not allow is passed over; if it allows none, the first is used", async (t) => {
  const cwd = temporaryFolder(t);
  const env = { HOME: cwd, PATH: `${program(t, "printf '20.19.0\\n/path/node\\n'")}:/bin:/usr/bin` };
  const file = join(cwd, "package.json");
  const found = (range: string) => {
    writeFileSync(file, JSON.stringify({ engines: { node: range } }));
    return findNode("", cwd, env);
  };
  for (const range of ["^20.19 || >=22.12", "20.x", ">= 18 <23", "<23", "*", "", "18 - 20", "no range"])
    assert.deepEqual([(await found(range)).from, (await found(range)).note], ["PATH", null], range);
  const own = process.versions.node;
  const editors = own === "20.19.0" ? "PATH" : "editor";
  for (const range of [`>=${own}`, `<20 || =${own}`]) assert.equal((await found(range)).from, editors, range);
  const none = await found("^99.1");
  assert.equal(none.path, "/path/node");
  const another = `engines.node of ${file} is ^99.1, which rules out Node.js`;
  assert.equal(none.note, `${another} 20.19.0 (/path/node); ${another} ${own} (${process.execPath})`);
});

test("the error for a setting that names no Node.js says what the program did", async (t) => {
  const none = temporaryFolder(t);
  const answers = async (path: string, what: string) =>
    assert.rejects(findNode(path, none), {
      message:
        `the setting polyproc.nodePath names ${path}, which does not answer as Node.js (${what}): ` +
        "correct it, or leave it empty",
    });
  await answers(join(none, "node"), "there is no such program");
  await answers(none, "it may not be run: EACCES");
  await answers(join(program(t, "echo no >&2; exit 3"), "node"), "exit code 3");
  await answers(join(program(t, "echo v22"), "node"), 'it printed "v22\\n"');
});

/** A folder with a `node` that does this. */
function program(t: TestContext, script: string): string {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "node"), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, "node"), 0o755);
  return folder;
}
