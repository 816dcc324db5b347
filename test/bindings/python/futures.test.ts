import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, it } from "node:test";
import { runProgram } from "../../examples/run-example.js";
import { root } from "../../fixture.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { reportTests } from "./python-tests.js";
import { pythonEnvironment } from "./run-python.js";
import { needs } from "../../tools/needs.js";
import { futuresJudge } from "../../tools/tools.js";

const here = join(root, "test", "bindings", "python");
const suite = join(here, "cpython", "run_futures.py");

/** CPython's tests that cannot apply, each with its reason. */
const notApplicable: Record<string, string> = {
  "ProcessPoolExecutorTest.test_killed_child":
    "wants a dead worker to end the whole executor; here it fails its own call",
  "ProcessPoolExecutorTest.test_max_workers_too_large": "about a limit of Windows",
  "ProcessPoolExecutorTest.test_python_finalization_error": "replaces a private function of threading",
  "ProcessPoolExecutorTest.test_traceback": "asks for a private class of concurrent.futures",
  "ProcessPoolShutdownTest.test_context_manager_shutdown": "makes the standard library's executor",
  "ProcessPoolShutdownTest.test_del_shutdown": "makes the standard library's executor",
  "ProcessPoolShutdownTest.test_hang_gh83386": "starts a program with the standard library's executor",
  "ProcessPoolShutdownTest.test_hang_issue83386": "starts a program with the standard library's executor",
  "ProcessPoolShutdownTest.test_interpreter_shutdown": "starts a program with the standard library's executor",
  "ProcessPoolShutdownTest.test_processes_terminate": "wants workers for calls that cannot be pickled",
  "ProcessPoolShutdownTest.test_shutdown_no_wait": "makes the standard library's executor",
  "ProcessPoolShutdownTest.test_submit_after_interpreter_shutdown":
    "starts a program with the standard library's executor",
};

const judge = futuresJudge();

describe("polyproc.futures", needs("python3"), () => reportTests("futures_behaviour.py"));

describe(
  "CPython's own tests of ProcessPoolExecutor",
  needs("python3", "CPython's tests of concurrent.futures"),
  () => {
    const listed =
      judge === undefined
        ? []
        : spawnSync(judge, [suite, "--list"], { encoding: "utf8", env: { ...process.env, ...pythonEnvironment } })
            .stdout.split("\n")
            .filter((name) => name !== "");
    const names = listed.filter((name) => !(name.replace(/^Polyproc/, "") in notApplicable));

    it("are found", () => assert.ok(names.length > 20, `found ${listed.join(", ")}`));

    for (const one of new Set(names.map((name) => name.split(".")[0]!))) {
      it(one.replace(/^Polyproc/, ""), async (t) => {
        const wanted = names.filter((name) => name.startsWith(`${one}.`));
        const { stdout, stderr } = await runProgram(judge!, [suite, ...wanted], {
          cwd: temporaryFolder(t),
          env: pythonEnvironment,
        });
        // Some versions print how long each test took in front of it.
        const passed = [...stdout.matchAll(/^(?:[\d.]+s )?ok (\S+)$/gm)].map(([, name]) => name!);
        assert.deepEqual(passed.sort(), wanted.sort(), stdout + stderr);
      });
    }
  },
);
