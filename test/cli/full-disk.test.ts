import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { startProgram } from "../faults/script.js";
import { compiled } from "../fixture.js";
import { temporaryFolder } from "../temporary-folder.js";

const mayMount =
  process.platform === "linux" &&
  spawnSync("unshare", ["-m", "sh", "-c", 'mount -t tmpfs none "$0"', "/mnt"]).status === 0;

/** In a file system without room for one more file; `full` is its folder. */
const commands: [title: string, args: (full: string) => string[], said: RegExp][] = [
  [
    "a server's socket",
    (full) => ["serve", "--listen", `unix:${full}/s`],
    /^polyproc: cannot listen on unix:.*\/s: ENOSPC: [^\n]*\n$/,
  ],
  [
    "a socket's folder",
    (full) => ["serve", "--listen", `unix:${full}/new/s`],
    /^polyproc: [^\n]*\/full\/new cannot be made \(ENOSPC\): [^\n]*\n$/,
  ],
  [
    "a detached server's lock",
    (full) => ["serve", "--detach", "--listen", `unix:${full}/s`],
    /^polyproc: a server cannot be started: ENOSPC: [^\n]*s\.lock'; check that its socket's folder [^\n]* has room\n$/,
  ],
  [
    "a token",
    (full) => ["serve", "--listen", "tcp:127.0.0.1:0", "--token-file", `${full}/t`],
    /^polyproc: --token-file: ENOSPC: [^\n]*\n$/,
  ],
];

for (const [title, args, said] of commands) {
  test(
    `where there is no room for ${title}, one line says so`,
    { skip: mayMount ? false : "a file system of its own needs root and unshare" },
    async (t) => {
      const full = join(temporaryFolder(t), "full");
      mkdirSync(full);
      const serve = startProgram(t, title, [
        "unshare",
        "-m",
        "sh",
        "-c",
        'mount -t tmpfs -o nr_inodes=1,mode=700 none "$1" && shift && exec "$@"',
        "sh",
        full,
        process.execPath,
        compiled("cli/main"),
        ...args(full),
      ]);
      assert.ok(Number(await serve.exited()) > 0);
      assert.match(serve.stderr(), said);
      await serve.familyGone();
    },
  );
}
