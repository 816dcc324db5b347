import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { root } from "../../fixture.js";
import { startServer } from "../../server/server-process.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { runPython } from "./run-python.js";
import { needs } from "../../tools/needs.js";

describe("what a Python client opens of what others pickled", needs("python3"), () => {
  it("over tcp is what its own process tree pickled, unless it says that it trusts all", async (t) => {
    const folder = temporaryFolder(t);
    const token = join(folder, "token");
    const { addresses } = await startServer(t, ["--listen", "tcp:127.0.0.1:0", "--token-file", token]);
    const { status, stderr } = await runPython(
      [join(root, "test", "bindings", "python", "fixtures", "foreign_pickles.py"), addresses[0]!, join(folder, "mark")],
      {
        cwd: folder,
        env: { POLYPROC_TOKEN: readFileSync(token, "utf8").trim() },
      },
    );
    assert.equal(status, 0, stderr);
    assert.match(stderr, /^OK$/m);
  });
});
