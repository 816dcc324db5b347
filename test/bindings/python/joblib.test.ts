import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { runProgram } from "../../examples/run-example.js";
import { needs } from "../../tools/needs.js";
import { pythonWith } from "../../tools/tools.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { fixtures } from "./python-tests.js";
import { pythonEnvironment } from "./run-python.js";

const program = `${fixtures}/joblib_arrays.py`;

describe("joblib and numpy, unchanged", needs("python3", "python3 with joblib", "python3 with numpy"), () => {
  it("do on Polyproc what they do on multiprocessing", async (t) => {
    const python = pythonWith("joblib", "numpy")!;
    const [original, ours] = await Promise.all(
      [[program], ["-m", "polyproc", program]].map((args) =>
        runProgram(python, args, { cwd: temporaryFolder(t), env: pythonEnvironment }),
      ),
    );
    assert.equal(original!.status, 0, original!.stderr);
    assert.equal(ours!.stdout, original!.stdout, ours!.stderr);
    assert.deepEqual({ status: ours!.status, stderr: ours!.stderr }, { status: 0, stderr: "" });
  });
});
