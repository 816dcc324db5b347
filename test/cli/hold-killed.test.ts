import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { waitFor } from "../deadline.js";
import { temporaryFolder } from "../temporary-folder.js";
import { needs } from "../tools/needs.js";
import { start } from "./polyproc.js";

/** Pids of processes that have this in their environment. */
function marked(mark: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, "latin1").includes(mark);
      } catch {
        return false;
      }
    })
    .map(Number);
}

function children(pid: number): number {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").trim().split(" ").filter(Boolean).length;
  } catch {
    return 0;
  }
}

test(
  "a lock that is killed at any point of its start leaves no command and no guard",
  process.platform === "linux" ? needs("flock") : { skip: "it reads /proc" },
  async (t) => {
    const file = join(temporaryFolder(t), "lock");
    const points: [string, (pid: number, text: () => string) => boolean][] = [
      ["the first child", (pid) => children(pid) >= 1],
      ["guard and gate", (pid) => children(pid) >= 2],
      ["the command", (_pid, text) => text() !== ""],
    ];
    for (const [what, reached] of [...points, ...points]) {
      const mark = `MARK_OF_TEST=${process.pid}.${Math.random()}`;
      const [name, value] = mark.split("=") as [string, string];
      const lock = start(t, ["lock", "--file", file, "--", "sh", "-c", "echo in; exec sleep 1000"], {
        env: { [name]: value },
      });
      // No timer in between: the points are microseconds apart.
      await waitFor(() => reached(lock.pid, lock.stdout), { what, intervalMs: 0 });
      lock.signal("SIGKILL");
      await waitFor(() => marked(mark).length === 0, { what: `the end of all processes, killed at ${what}` });
      assert.equal((await lock.ended()).status, "SIGKILL");
    }
  },
);
