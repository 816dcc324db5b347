import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { root } from "../../fixture.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { runPython } from "./run-python.js";
import { needs } from "../../tools/needs.js";

describe("polyproc.aio", needs("python3"), () => {
  it("behaves", async (t) => {
    const fixture = join(root, "test", "bindings", "python", "fixtures", "aio_behaviour.py");
    const { status, stderr } = await runPython([fixture], { cwd: temporaryFolder(t) });
    assert.equal(status, 0, stderr);
    assert.match(stderr, /^OK$/m);
  });
});
