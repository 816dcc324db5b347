import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { root } from "../../fixture.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { runPython } from "./run-python.js";
import { needs } from "../../tools/needs.js";

const fixtures = join(root, "test", "bindings", "python", "fixtures");

describe("the session of the Python binding", needs("python3"), () => {
  it("loses nothing between threads that meet inside of it", async (t) => {
    const { status, stderr } = await runPython([join(fixtures, "session_races.py")], { cwd: temporaryFolder(t) });
    assert.equal(status, 0, stderr);
    assert.match(stderr, /^OK$/m);
  });
});
