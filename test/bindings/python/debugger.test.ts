import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Pool } from "../../../bindings/typescript/index.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { needs } from "../../tools/needs.js";

test(
  "with POLYPROC_DEBUG, a worker of Python connects to the debugger and waits for it before its first task",
  needs("python3"),
  async (t) => {
    const folder = temporaryFolder(t);
    const log = join(folder, "log");
    const note = (what: string) => `open(${JSON.stringify(log)}, "a").write(${what})`;
    writeFileSync(
      join(folder, "debugpy.py"),
      `def connect(address):\n    ${note('f"connect {address}\\n"')}\n` +
        `def wait_for_client():\n    ${note('"wait\\n"')}\n`,
    );
    writeFileSync(
      join(folder, "work.py"),
      `import os\ndef work(_):\n    ${note('"work\\n"')}\n` +
        `    return [key for key in os.environ if key.startswith("POLYPROC_DEBUG")]\n`,
    );
    const target = { module: join(folder, "work.py"), export: "work" };
    const env = { POLYPROC_DEBUG: "127.0.0.1:4711", POLYPROC_DEBUGPY: folder };
    await using pool = new Pool({ processes: 1, env });
    assert.deepEqual(await pool.map(target, [1]), [[]], "what the function starts is not debugged");
    assert.equal(readFileSync(log, "utf8"), "connect ('127.0.0.1', 4711)\nwait\nwork\n");
  },
);
