import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { errorCodes, type ErrorName } from "../../../protocol/errors.js";
import { root } from "../../fixture.js";
import { startServer } from "../../server/server-process.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { judges } from "./cpython/judges.js";
import { reportTests, runPythonTests } from "./python-tests.js";
import { runProgram } from "../../examples/run-example.js";
import { pythonEnvironment, runPython } from "./run-python.js";
import { needs } from "../../tools/needs.js";

const fixture = (name: string) => join(root, "test", "bindings", "python", "fixtures", `${name}.py`);

describe("the Python binding, as its users see it", needs("python3"), () => {
  describe("in help()", () => reportTests("documentation.py"));

  for (const { python, version } of judges("multiprocessing")) {
    it(`has the names of Python ${version}'s multiprocessing`, async (t) => {
      const outcomes = await runPythonTests({ python, args: [fixture("names")], cwd: temporaryFolder(t) });
      assert.equal(outcomes.length, 4);
      for (const { name, kind, text } of outcomes) assert.equal(kind, "ok", `${name}: ${text}`);
    });
  }

  it("has the error codes of the protocol", async () => {
    const { stdout, stderr } = await runPython([
      "-c",
      "import json, polyproc; print(json.dumps(polyproc._errors.CODES))",
    ]);
    const codes = JSON.parse(stdout) as Record<string, number>;
    assert.ok(Object.keys(codes).length > 2, stderr);
    for (const [name, code] of Object.entries(codes)) assert.equal(code, errorCodes[name as ErrorName], name);
  });

  it("a missing __main__ guard is named in the error of a process and of a pool", async () => {
    for (const [way, exit] of [
      ["process", 0],
      ["pool", 1],
    ] as const) {
      const { status, stdout, stderr } = await runPython([fixture("unguarded"), way]);
      assert.equal(status, exit, stderr);
      assert.match(
        stdout,
        way === "process" ? /^1$/m : /^RuntimeError: .*before this one has finished its bootstrapping phase/m,
      );
      assert.match(stderr, /RuntimeError: .* bootstrapping phase[^]*if __name__ == '__main__':/);
      assert.doesNotMatch(stderr, /daemonic/);
    }
  });

  it("workers of a frozen program go no further than freeze_support", async (t) => {
    const program = join(temporaryFolder(t), "program");
    writeFileSync(program, `#!/bin/sh\nexec python3 ${fixture("frozen")} "$0" "$@"\n`, { mode: 0o755 });
    const { status, stdout, stderr } = await runProgram(program, [], { env: pythonEnvironment });
    assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: "[4, 9]\nchild\n0\n", stderr: "" });
  });

  it("a level of log_to_stderr holds in children, whose records have their names", async () => {
    const { status, stderr } = await runPython([fixture("logging_children")]);
    assert.equal(status, 0);
    // As with the standard library's spawn, of Python 3.13.
    assert.deepEqual(stderr.trim().split("\n"), [
      "[INFO/MainProcess] told",
      "[INFO/Child] child process calling self.run()",
      "[INFO/Child] told",
      "[INFO/Child] process exiting with exitcode 0",
      "[INFO/Child] process shutting down",
      "[INFO/MainProcess] process shutting down",
    ]);
  });

  it("a condition is shared by its name alone", async (t) => {
    const { addresses } = await startServer(t, ["--listen", `unix:${join(temporaryFolder(t), "s")}`]);
    const { status, stderr } = await runPython([fixture("shared_by_name"), addresses[0]!]);
    assert.equal(status, 0, stderr);
  });
});
