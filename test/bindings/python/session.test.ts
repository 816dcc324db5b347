import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { root } from "../../fixture.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { runPython } from "./run-python.js";
import { reportTests } from "./python-tests.js";
import { needs } from "../../tools/needs.js";

describe("the session of the Python binding", needs("python3"), () => {
  describe("gives up what listens and never answers", () => reportTests("silent_server.py"));
  describe("loses nothing between threads that meet inside of it", () => reportTests("session_races.py"));
  describe("serves signal handlers and finalizers wherever they interrupt it", () => reportTests("handlers.py"));

  it("survives every schedule of threads, handlers and finalizers that is tried", async (t) => {
    const explorer = join(root, "test", "bindings", "python", "interleavings", "explore.py");
    // It explores for 40 s, and ends with the schedule that it runs.
    const { status, stdout, stderr } = await runPython([explorer], { cwd: temporaryFolder(t) });
    assert.equal(status, 0, `${stderr}\n${stdout}`);
    assert.match(stderr, /^OK$/m);
  });
});
