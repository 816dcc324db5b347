import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { needs } from "../../tools/needs.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { pythonEnvironment, runPython } from "./run-python.js";

const program = `
import multiprocessing, sys
from concurrent.futures import ProcessPoolExecutor

if __name__ == "__main__":
    with multiprocessing.Pool(1) as pool, ProcessPoolExecutor(1) as executor:
        print(pool.apply(abs, (-1,)), executor.submit(abs, -2).result(), end=" ")
        print(multiprocessing.Process.__module__, sys.argv[1:])
`;
const expected = "1 2 polyproc.process ['a', '-b']\n";

describe("python -m polyproc", needs("python3"), () => {
  it("runs text, a folder and a zip file, with their arguments", async (t) => {
    const cwd = temporaryFolder(t);
    mkdirSync(join(cwd, "folder"));
    writeFileSync(join(cwd, "folder", "__main__.py"), program);
    execFileSync(
      "python3",
      ["-c", "import zipfile; zipfile.ZipFile('p.zip', 'w').write('folder/__main__.py', '__main__.py')"],
      { cwd },
    );
    for (const named of [["-c", program], ["folder"], ["p.zip"]]) {
      const { status, stdout, stderr } = await runPython(["-m", "polyproc", ...named, "a", "-b"], { cwd });
      assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: expected, stderr: "" });
    }
  });

  it("runs what it reads from standard input", (t) => {
    const { status, stdout, stderr } = spawnSync("python3", ["-m", "polyproc", "-", "a", "-b"], {
      cwd: temporaryFolder(t),
      input: program,
      encoding: "utf8",
      env: { ...process.env, ...pythonEnvironment },
    });
    assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: expected, stderr: "" });
  });

  it("says what is wrong with a command line", async (t) => {
    const cwd = temporaryFolder(t);
    for (const [args, status, text] of [
      [[], 2, /^usage: python -m polyproc/],
      [["-m"], 1, /-m needs an argument/],
      [["-x"], 1, /unknown option '-x': options of Python go before -m/],
      [["missing.py"], 1, /can't open file 'missing.py': No such file/],
    ] as const) {
      const ended = await runPython(["-m", "polyproc", ...args], { cwd });
      assert.equal(ended.status, status, ended.stderr);
      assert.match(ended.stderr, text);
    }
  });
});
