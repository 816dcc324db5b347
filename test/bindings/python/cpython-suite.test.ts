import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describe, it } from "node:test";
import { root } from "../../fixture.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { runPythonTests, type Outcome } from "./python-tests.js";
import { pythonEnvironment } from "./run-python.js";
import { needs } from "../../tools/needs.js";

const suite = join(root, "test", "bindings", "python", "cpython", "run_suite.py");

/** Those that cannot apply; docs/python.md says why. */
const notApplicable = [
  "_TestConnection.test_fd_transfer",
  "_TestConnection.test_large_fd_transfer",
  "_TestConnection.test_missing_fd_transfer",
  "_TestPoolWorkerLifetime.test_worker_finalization_via_atexit_handler_of_multiprocessing",
  "_TestSharedMemory.test_shared_memory_SharedMemoryManager_basics",
  "_TestSharedMemory.test_shared_memory_SharedMemoryManager_reuses_resource_tracker",
  "_TestSharedMemory.test_shared_memory_SharedMemoryServer_ignores_sigint",
  "_TestSharedMemory.test_shared_memory_cleaned_after_process_termination",
  "_TestProcess.test_forkserver_sigint",
  "_TestProcess.test_forkserver_sigkill",
];

const { skip } = needs("python3", "CPython's tests of multiprocessing");
const names = skip ? [] : list();
const classes = [...new Set(names.map((name) => name.split(".")[0]!))];

describe("CPython's own tests of multiprocessing", { skip }, () => {
  const outcomes: Outcome[] = [];

  for (const one of classes) {
    it(one, async (t) => {
      const came = await runPythonTests({ args: [suite, one], cwd: temporaryFolder(t) });
      outcomes.push(...came);
      const expected = names.filter((name) => name.startsWith(`${one}.`));
      assert.deepEqual(came.map(({ name }) => name).sort(), expected.sort(), "each test tells its outcome");
      for (const { name, kind, text } of came) {
        if (notApplicable.includes(name)) continue;
        await t.test(name, () => assert.equal(kind, "ok", text));
      }
    });
  }

  it("pass, but for one in ten at most that cannot apply", (t) => {
    assert.ok(notApplicable.length * 10 <= names.length);
    assert.deepEqual(
      notApplicable.filter((name) => !names.includes(name)),
      [],
      "the list names tests that exist",
    );
    const passed = outcomes.filter(({ kind, name }) => kind === "ok" && !notApplicable.includes(name)).length;
    const failed = outcomes.filter(({ kind }) => kind === "failed").length;
    t.diagnostic(
      `CPython's tests: ${passed} of ${names.length} passed, ${failed} failed, ${notApplicable.length} do not apply`,
    );
  });
});

function list(): string[] {
  const text = execFileSync("python3", [suite, "--list"], {
    encoding: "utf8",
    env: { ...process.env, ...pythonEnvironment },
  });
  return text.split("\n").filter((line) => line !== "");
}
