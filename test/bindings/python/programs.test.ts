import assert from "node:assert/strict";
import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { root } from "../../fixture.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { runPython, withoutPython } from "./run-python.js";

const programs = join(root, "test", "bindings", "python", "programs");

/** A port is the change of the imports: the program is otherwise what it was. */
const port = (text: string) =>
  text
    .replaceAll(/^import multiprocessing$/gm, "import polyproc as multiprocessing")
    .replaceAll(/^(import|from) multiprocessing\b/gm, "$1 polyproc")
    .replaceAll(/^from concurrent\.futures import ProcessPoolExecutor$/gm, "from polyproc.futures import ProcessPoolExecutor");

/** Programs of more than one file, and those that are not run as a script. */
const ways: Record<string, readonly string[]> = {};

describe("programs written for multiprocessing do the same with Polyproc", { skip: withoutPython("multiprocessing") }, () => {
  for (const entry of readdirSync(programs, { withFileTypes: true })) {
    const name = entry.name.replace(/\.py$/, "");
    it(name, async (t) => {
      const args = ways[name] ?? [entry.name];
      const [original, ported] = [await run(t, entry.name, args, (text) => text), await run(t, entry.name, args, port)];
      assert.equal(original.status, 0, original.stderr);
      assert.equal(ported.stdout, original.stdout, ported.stderr);
      assert.deepEqual({ status: ported.status, stderr: ported.stderr }, { status: 0, stderr: "" });
    });
  }
});

/** Runs a copy of the program in a folder of its own. */
async function run(t: TestContext, entry: string, args: readonly string[], change: (text: string) => string) {
  const cwd = temporaryFolder(t);
  cpSync(join(programs, entry), join(cwd, entry), { recursive: true });
  for (const file of readdirSync(cwd, { recursive: true, encoding: "utf8" })) {
    if (file.endsWith(".py")) writeFileSync(join(cwd, file), change(readFileSync(join(cwd, file), "utf8")));
  }
  // What multiprocessing itself leaves behind goes with the folder.
  return runPython(args, { cwd, env: { TMPDIR: cwd } });
}
