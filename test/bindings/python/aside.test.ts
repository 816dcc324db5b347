import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { root } from "../../fixture.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { runPython } from "./run-python.js";
import { needs } from "../../tools/needs.js";

describe("Python's worker hosts", needs("python3"), () => {
  it("put messages aside, and nobody can tell", async (t) => {
    const { status, stderr } = await runPython(
      [join(root, "test", "bindings", "python", "fixtures", "messages_aside.py")],
      { cwd: temporaryFolder(t) },
    );
    assert.equal(status, 0, stderr);
    assert.match(stderr, /^OK$/m);
  });
});
