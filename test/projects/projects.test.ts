import assert from "node:assert/strict";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { run } from "../cli/polyproc.js";
import { installedNodes, installNode, nodeBinary } from "../runner/node-binary.js";
import { root } from "../fixture.js";
import { needs } from "../tools/needs.js";
import { build, makeProject, projects, type Project, type ProjectName, type Tool } from "./project.js";

/** tsx and esbuild do not write the metadata of decorators. */
const names = (Object.keys(projects) as ProjectName[]).filter((name) => name !== "metadata");
const { typescript, canStrip } = {
  typescript: process.features as { typescript?: unknown },
  canStrip: "stripTypeScriptTypes" in (await import("node:module")),
};

interface Mapped {
  status: unknown;
  values: unknown[];
  stderr: string;
}

/** `polyproc map --module …`, typed in the project's folder. */
async function map(
  t: TestContext,
  folder: string,
  { module, export: name }: Pick<Project, "module" | "export">,
  node?: string,
): Promise<Mapped> {
  const options = ["map", "-j", "1", "--quiet", "--module", module, ...(name === undefined ? [] : ["--export", name])];
  const { status, stdout, stderr } = await run(t, [...options, "a.txt"], {
    cwd: folder,
    // tsx keeps what it translated in the temporary folder.
    env: { TSX_DISABLE_CACHE: "1" },
    ...(node ? { node } : {}),
  });
  return {
    status,
    stderr,
    values: stdout
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as unknown),
  };
}

async function works(t: TestContext, name: ProjectName, tool: Tool, node?: string): Promise<void> {
  const folder = makeProject(t, name, tool);
  const { status, values, stderr } = await map(t, folder, projects[name], node);
  assert.deepEqual({ status, values }, { status: 0, values: [projects[name].result] }, stderr);
}

/** A Python function beside the TypeScript one. It imports a module of its folder, and reads a file of the project. */
async function worksInPython(t: TestContext, name: ProjectName, node?: string): Promise<void> {
  const folder = makeProject(t, name, "nothing");
  mkdirSync(join(folder, "tools"));
  writeFileSync(join(folder, "tools/text.py"), "def words(path):\n    return open(path).read().split()\n");
  writeFileSync(
    join(folder, "tools/count.py"),
    "from text import words\n\n\ndef count(path):\n    return {'path': path, 'words': len(words(path))}\n",
  );
  const { status, values, stderr } = await map(t, folder, { module: "tools/count.py", export: "count" }, node);
  assert.deepEqual({ status, values }, { status: 0, values: [{ path: "a.txt", words: 3 }] }, stderr);
}

describe(
  "a Python function is mapped over files in every kind of project",
  { concurrency: 2, ...needs("python3") },
  () => {
    for (const name of names) test(name, (t) => worksInPython(t, name));
  },
);

describe("a TypeScript function is mapped over files in every kind of project", { concurrency: 2 }, () => {
  for (const name of names) {
    test(`${name}, with tsx`, (t) => works(t, name, "tsx-4"));
    test(`${name}, with esbuild`, (t) => works(t, name, "esbuild"));
  }
  for (const name of ["commonjs", "typeless", "workspaces"] as const) {
    for (const tool of ["tsx-4-22", "tsx-4-21", "tsx-4-20"] as const)
      test(`${name}, with ${tool}`, (t) => works(t, name, tool));
  }
  for (const name of ["esm", "commonjs", "next"] as const) {
    for (const tool of ["swc", "typescript"] as const) test(`${name}, with ${tool}`, (t) => works(t, name, tool));
  }
  for (const tool of ["swc", "typescript"] as const) test(`metadata, with ${tool}`, (t) => works(t, "metadata", tool));
});

/** The other Nodes that are there. With CI set, all that are supported. */
function otherNodes(): [version: string, binary: string][] {
  const versions = process.env["CI"] ? ["20.19", "22.12", "22", "24", "26"] : installedNodes();
  return versions.map((version) => {
    const binary = process.env["CI"] ? installNode(version) : nodeBinary(version);
    if (binary === null) throw new Error(`Node ${version} could not be installed`);
    return [version, binary];
  });
}

for (const [version, binary] of otherNodes()) {
  describe(`on Node ${version}`, { concurrency: 2 }, () => {
    for (const name of names) {
      test(`${name}, with esbuild`, (t) => works(t, name, "esbuild", binary));
    }
    for (const name of ["esm", "commonjs"] as const) test(`${name}, with tsx`, (t) => works(t, name, "tsx-4", binary));
    test("metadata", (t) => works(t, "metadata", "typescript", binary));
    test("a .cts file that requires the package, with tsx", async (t) => {
      const folder = makeProject(t, "esm", "tsx-4");
      symlinkSync(root, join(folder, "node_modules/polyproc"));
      writeFileSync(
        join(folder, "job.cts"),
        'import { currentProcess } from "polyproc";\n' +
          "enum Kind { Job = `job` }\n" +
          "export function f(path: string) { return [Kind.Job, path, currentProcess().name]; }\n",
      );
      const { status, values, stderr } = await map(t, folder, { module: "job.cts", export: "f" }, binary);
      assert.deepEqual({ status, values }, { status: 0, values: [["job", "a.txt", "PoolWorker-1"]] }, stderr);
    });
    test("a Python function in esm", needs("python3"), (t) => worksInPython(t, "esm", binary));
  });
}

test("a build step's output runs as it is, and its source too", async (t) => {
  const folder = makeProject(t, "build", "tsx-4");
  writeFileSync(join(folder, "src/from.ts"), 'export const from: string = "a build";\n');
  build(folder);
  const { values, stderr } = await map(t, folder, { module: "dist/digest.js", export: "Digest" });
  assert.deepEqual(values, ["a.txt from a build"], stderr);
});

test("an exception names the line of the source, whatever translates it", async (t) => {
  for (const [name, tool] of [
    ["esm", "tsx-4"],
    ["esm", "esbuild"],
    ["commonjs", "tsx-4"],
    ["commonjs", "typescript"],
    ["commonjs", "swc"],
  ] as const) {
    const folder = makeProject(t, name, tool);
    const text = readFileSync(join(folder, "src/digest.ts"), "utf8");
    const line = text.slice(0, text.indexOf("throw new RangeError")).split("\n").length;
    const { status, stderr } = await map(t, folder, { module: "src/digest.ts", export: "fail" });
    assert.equal(status, 1);
    assert.match(
      stderr,
      new RegExp(`RangeError: no a\\.txt[\\s\\S]*src/digest\\.ts:${line}:\\d+`),
      `${name}, ${tool}: ${stderr}`,
    );
  }
});

test("without anything that translates TypeScript, the error says which construct needs what", async (t) => {
  const esm = makeProject(t, "esm", "nothing");
  const first = await map(t, esm, projects.esm);
  const commonjs = await map(t, makeProject(t, "commonjs", "nothing"), projects.commonjs);
  const vite = await map(t, makeProject(t, "vite", "nothing"), projects.vite);
  const metadata = await map(t, makeProject(t, "metadata", "esbuild"), projects.metadata);
  if (!canStrip) {
    for (const { stderr } of [first, commonjs, vite])
      assert.match(
        stderr,
        /is TypeScript, which Node v\S+ cannot run by itself\. Install one of tsx, esbuild, @swc\/core/,
      );
    return;
  }
  assert.ok(typescript);
  if (first.status === 0) assert.deepEqual(first.values, [{ ...projects.esm.result, by: "esm@1.2.3 esm" }]);
  else
    assert.match(first.stderr, /kinds\.ts uses enum, which Node v\S+ cannot translate by itself\. Install one of tsx/);
  assert.match(commonjs.stderr, /digest\.ts uses decorators \(line 14\), which Node v\S+ cannot translate by itself/);
  assert.match(vite.stderr, /render\.tsx uses JSX, which Node v\S+ cannot translate by itself/);
  assert.match(metadata.stderr, /decorators with emitDecoratorMetadata \(line 11\), which @swc\/core and typescript/);
});

test("a syntax error of a TypeScript file is reported with its place", async (t) => {
  for (const tool of ["esbuild", "swc", "typescript"] as const) {
    const folder = makeProject(t, "esm", tool);
    writeFileSync(join(folder, "src/types.ts"), "export interface Options {\n  upper: boolean;\n}\nlet x = = 1;\n");
    writeFileSync(
      join(folder, "src/kinds.ts"),
      "import './types.js';\nexport enum Kind { Text }\nexport type Digest = {};\n",
    );
    const { stderr } = await map(t, folder, projects.esm);
    assert.match(stderr, /syntax error in \S+types\.ts:4:\d+: /, tool);
  }
});
