import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { root } from "../../fixture.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { runPython } from "./run-python.js";
import { needs } from "../../tools/needs.js";

const skip = process.platform === "linux" ? needs("python3").skip : "channels are Linux's";

describe("pipes of the Python binding", { skip }, () => {
  it("go past the server, and nobody can tell", async (t) => {
    const { status, stderr } = await runPython(
      [join(root, "test", "bindings", "python", "fixtures", "pipe_channels.py")],
      { cwd: temporaryFolder(t) },
    );
    assert.equal(status, 0, stderr);
    assert.match(stderr, /^OK$/m);
  });
});
