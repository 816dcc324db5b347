import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { root } from "../../fixture.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { runPython } from "./run-python.js";
import { needs } from "../../tools/needs.js";

const fixtures = join(root, "test", "bindings", "python", "fixtures");

describe("the session of the Python binding", needs("python3"), () => {
  it("gives up what listens and never answers", async (t) => {
    const { status, stderr } = await runPython([join(fixtures, "silent_server.py")], { cwd: temporaryFolder(t) });
    assert.equal(status, 0, stderr);
    assert.match(stderr, /^OK$/m);
  });

  it("loses nothing between threads that meet inside of it", async (t) => {
    const { status, stderr } = await runPython([join(fixtures, "session_races.py")], { cwd: temporaryFolder(t) });
    assert.equal(status, 0, stderr);
    assert.match(stderr, /^OK$/m);
  });

  it("serves signal handlers and finalizers wherever they interrupt it", async (t) => {
    const { status, stderr } = await runPython([join(fixtures, "handlers.py")], { cwd: temporaryFolder(t) });
    assert.equal(status, 0, stderr);
    assert.match(stderr, /^OK$/m);
  });

  it("stands every schedule of threads, handlers and finalizers that is tried", async (t) => {
    const explorer = join(root, "test", "bindings", "python", "interleavings", "explore.py");
    // It explores for 40 s, and ends with the schedule that it runs.
    const { status, stdout, stderr } = await runPython([explorer], { cwd: temporaryFolder(t), timeoutMs: 110_000 });
    assert.equal(status, 0, `${stderr}\n${stdout}`);
    assert.match(stderr, /^OK$/m);
  });
});
