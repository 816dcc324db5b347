import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { root } from "../../fixture.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { runPython } from "./run-python.js";
import { needs } from "../../tools/needs.js";

describe("queues of the Python binding", needs("python3"), () => {
  it("take items ahead for a fast consumer, and nobody else can tell", async (t) => {
    const { status, stderr } = await runPython(
      [join(root, "test", "bindings", "python", "fixtures", "queue_ahead.py")],
      { cwd: temporaryFolder(t) },
    );
    assert.equal(status, 0, stderr);
    assert.match(stderr, /^OK$/m);
  });

  it("lose with a consumer that is killed what it was handed, and nothing else", async (t) => {
    const { status, stderr } = await runPython(
      [join(root, "test", "bindings", "python", "fixtures", "queue_killed.py")],
      { cwd: temporaryFolder(t) },
    );
    assert.equal(status, 0, stderr);
    assert.match(stderr, /^OK$/m);
  });
});
