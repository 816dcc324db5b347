import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { runNode } from "./program.js";
import { linkForProgram, makeProject, projects } from "./project.js";

/** A program in a project of CommonJS with decorators, whose metadata only ts-node, swc and typescript write. */
function makeProgram(t: TestContext): string {
  const folder = makeProject(t, "metadata", "typescript");
  linkForProgram(folder);
  writeFileSync(
    join(folder, "src/main.ts"),
    `
    import { isMain, Pool, task } from "polyproc";
    import { digest } from "./digest";

    enum Kind { Own = "own" }
    export function own(path: string): string { return Kind.Own + ": " + digest(path); }

    async function main(): Promise<void> {
      const pool = new Pool(1);
      console.log(JSON.stringify(await pool.map(task(module, own), ["a.txt"])));
      await pool.terminate();
    }

    if (isMain(module)) void main();
  `,
  );
  return folder;
}

for (const [title, args] of [
  ["ts-node itself", ["node_modules/ts-node/dist/bin.js", "src/main.ts"]],
  ["ts-node with options", ["node_modules/ts-node/dist/bin.js", "--transpile-only", "--files", "src/main.ts"]],
  ["Node with its hooks of require", ["-r", "ts-node/register", "src/main.ts"]],
  ["Node with its hooks of require in a list", ["--require=ts-node/register/transpile-only", "src/main.ts"]],
] as const) {
  test(`a program that is run by ${title} has workers`, async (t) => {
    // Checking types takes most of the time, in the program and in each worker: it is done once, by ts-node itself.
    const typed: Record<string, string> = args[0] === "-r" ? { TS_NODE_TRANSPILE_ONLY: "true" } : {};
    // ts-node would leave what V8 has compiled in the temporary folder.
    const env = { DISABLE_V8_COMPILE_CACHE: "1", ...typed };
    const { status, stdout, stderr } = await runNode(makeProgram(t), [...args], env);
    assert.equal(stderr, "");
    assert.deepEqual([status, JSON.parse(stdout)], [0, [`own: ${projects.metadata.result}`]]);
  });
}
