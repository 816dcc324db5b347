import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { cheats, cheatSheet } from "../../cli/help/cheat-sheet.js";
import { compiled, root } from "../fixture.js";
import { temporaryFolder } from "../temporary-folder.js";
import { needs } from "../tools/needs.js";
import { noServer, run } from "./polyproc.js";
import { QueueUser } from "./queue/queue-server.js";

const script = `polyproc() { "$NODE" "$MAIN" "$@"; }
`;

const isOfQueue = (line: string) => /^(pueue|tsp)/.test(line);

test("polyproc help cheatsheet prints the lines of docs/cheatsheet.md", async (t) => {
  const { status, stdout } = await run(t, ["help", "cheatsheet"]);
  assert.deepEqual([status, stdout], [0, cheatSheet()]);
  assert.ok(readFileSync(join(root, "docs/cheatsheet.md"), "utf8").includes(`\`\`\`text\n${cheatSheet()}\`\`\`\n`));
});

test(
  "each line of the cheat sheet works, and does what the other program does",
  needs("bash", "parallel", "flock"),
  async (t) => {
    const user = new QueueUser(t);
    await user.serve();
    const result = async (line: string) => {
      const cwd = temporaryFolder(t);
      writeFileSync(join(cwd, "a.txt"), "1\n2\n");
      writeFileSync(join(cwd, "b.txt"), "3\n");
      const own = { NODE: process.execPath, MAIN: compiled("cli/main"), HOME: cwd, TMPDIR: cwd };
      const env = { ...process.env, ...noServer, ...user.env(), ...own };
      const { stdout, stderr } = await promisify(execFile)("bash", ["-c", script + line], { cwd, env });
      return { stdout, stderr };
    };
    const work = async (lines: Iterable<readonly [theirs: string, ours: string]>) => {
      for (const [theirs, ours] of lines) {
        const mine = await result(ours);
        assert.equal(mine.stderr, "", ours);
        if (!isOfQueue(theirs)) assert.deepEqual(mine, await result(theirs), ours);
      }
    };
    const others = cheats.filter(([theirs]) => !isOfQueue(theirs)).values();
    // A line of the queue needs the entries that the lines before it have added.
    await Promise.all([work(cheats.filter(([theirs]) => isOfQueue(theirs))), work(others), work(others)]);
  },
);
