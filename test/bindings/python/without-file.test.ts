import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { describe, it } from "node:test";
import { temporaryFolder } from "../../temporary-folder.js";
import { needs } from "../../tools/needs.js";
import { pythonWith } from "../../tools/tools.js";
import { fixtures } from "./python-tests.js";
import { pythonEnvironment } from "./run-python.js";

const program = readFileSync(join(fixtures, "without_file.py"), "utf8");
const output = "[10, 20]\n20 [21]\nOdd -1\n3\n5\n0\n6\n";

/** The same program as a user types it in: an empty line ends a block, and the main part has no guard. */
const typed = program
  .replace(/^""".*"""\n/, "")
  .replace(/if __name__ == "__main__":\n([^]*)/, (_, body: string) => body.replaceAll(/^ {4}/gm, ""))
  .replaceAll(/\n{2,}/g, "\n\n");

describe("functions of a Python program without a file", () => {
  const ways: [string, string[], string?][] = [
    ["of -c", ["-c", program]],
    ["from standard input", ["-"], program],
    ["of -c under python -m polyproc", ["-m", "polyproc", "-c", program]],
    ["typed into an interactive session", ["-i", "-q"], typed],
  ];
  for (const [way, args, input = ""] of ways)
    it(`are sent as they are, with cloudpickle: ${way}`, needs("python3 with cloudpickle"), (t) => {
      const { status, stdout, stderr } = run(pythonWith("cloudpickle")!, temporaryFolder(t), args, input);
      assert.equal(stdout, output, stderr);
      assert.equal(status, 0);
      // An interactive session writes its prompts there.
      assert.equal(stderr.replaceAll(/>>> |\.\.\. |\n/g, ""), "");
    });

  it("cannot be sent without it, which the error says at the call", needs("python3"), (t) => {
    const cwd = temporaryFolder(t);
    mkdirSync(join(cwd, "cloudpickle"));
    writeFileSync(join(cwd, "cloudpickle", "__init__.py"), 'raise ImportError("not installed")\n');
    const { status, stderr } = run("python3", cwd, ["-c", program], "", cwd);
    assert.equal(status, 1);
    assert.match(
      stderr.trimEnd().split("\n").at(-1)!,
      /PicklingError: multiply is defined in a program without a file .*put it into a module, .* install cloudpickle/,
    );
  });
});

function run(python: string, cwd: string, args: readonly string[], input: string, path = "") {
  const PYTHONPATH = [path, pythonEnvironment.PYTHONPATH].filter(Boolean).join(delimiter);
  return spawnSync(python, args, {
    cwd,
    input,
    encoding: "utf8",
    env: { ...process.env, ...pythonEnvironment, PYTHONPATH, TERM: "dumb" },
  });
}
