import assert from "node:assert/strict";
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { root } from "../../fixture.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { pythonEnvironment, runPython } from "./run-python.js";
import { needs } from "../../tools/needs.js";

const programs = join(root, "test", "bindings", "python", "programs");

/** A port is the change of the imports: the program is otherwise what it was. `python -m polyproc` needs none. */
const port = (text: string) =>
  text
    .replaceAll(/^import multiprocessing$/gm, "import polyproc as multiprocessing")
    .replaceAll(/^(import|from) multiprocessing\b/gm, "$1 polyproc")
    .replaceAll(
      /^from concurrent\.futures import ProcessPoolExecutor$/gm,
      "from polyproc.futures import ProcessPoolExecutor",
    );

/** How programs are run that are no scripts. */
const ways: Record<string, readonly (readonly string[])[]> = {
  package_with_main: [
    ["-m", "shop"],
    ["-m", "shop.run"],
  ],
};

describe("programs written for multiprocessing do the same with Polyproc", needs("python3"), () => {
  for (const entry of readdirSync(programs, { withFileTypes: true })) {
    const name = entry.name.replace(/\.py$/, "");
    for (const args of ways[name] ?? [[entry.name]]) {
      it(args.join(" "), async (t) => {
        const [original, ...ours] = await Promise.all([
          run(t, entry.name, args),
          run(t, entry.name, args, port),
          // `install` registers what joins the children before any exit function of the program, which this one tests.
          ...(name === "exit_waits_first" ? [] : [run(t, entry.name, ["-m", "polyproc", ...args])]),
        ]);
        assert.equal(original.status, 0, original.stderr);
        for (const { status, stdout, stderr } of ours) {
          assert.equal(stdout, original.stdout, stderr);
          assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
        }
      });
    }
  }
});

/**
 * Runs a copy of the program in a folder of its own. A port does not find multiprocessing: what it does of its own must
 * not be what makes the port work.
 */
async function run(t: TestContext, entry: string, args: readonly string[], change?: (text: string) => string) {
  const cwd = temporaryFolder(t);
  const source = join(programs, entry);
  cpSync(source, entry.endsWith(".py") ? join(cwd, entry) : cwd, { recursive: true });
  // What multiprocessing itself leaves behind goes with the folder.
  const env: Record<string, string> = { TMPDIR: cwd };
  if (change) {
    const files = readdirSync(cwd, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".py"))
      .map((file) => join(cwd, file));
    let text = "";
    for (const file of files) {
      writeFileSync(file, change(readFileSync(file, "utf8")));
      text += readFileSync(file, "utf8");
    }
    // Executors are concurrent.futures', which loads multiprocessing; so does what is the standard library's own.
    if (!/polyproc\.futures|ThreadPool|Listener|address=|get_logger/.test(text)) {
      const hidden = join(cwd, "hidden");
      mkdirSync(hidden);
      writeFileSync(join(hidden, "multiprocessing.py"), 'raise ImportError("hidden from this program")\n');
      env["PYTHONPATH"] = `${hidden}${delimiter}${pythonEnvironment.PYTHONPATH}`;
    }
  }
  return runPython(args, { cwd, env });
}
