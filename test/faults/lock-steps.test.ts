import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { suite, test } from "node:test";
import type { RLock } from "polyproc";
import { pythonEnvironment } from "../bindings/python/run-python.js";
import { waitFor, within } from "../deadline.js";
import { compiled, root } from "../fixture.js";
import { temporaryFolder } from "../temporary-folder.js";
import { needs } from "../tools/needs.js";
import { startProgram } from "./script.js";
import { setStage } from "./stage.js";

/*
 * A recursive lock is acquired twice and released twice by its word. At each access to the page, the session ends while
 * its process lives, and the access then happens after the next client has got the lock; or the process is killed.
 */

type TestContext = Parameters<typeof setStage>[0] & Parameters<typeof temporaryFolder>[0];

/** The native code with a step before each access. */
function buildSteps(folder: string): string {
  const include = execFileSync("python3", ["-c", "import sysconfig; print(sysconfig.get_path('include'))"], {
    encoding: "utf8",
  });
  const path = join(folder, "steps.abi3.so");
  const hook = join(root, "test", "faults", "lock_steps.h");
  const options = ["-O2", "-shared", "-fPIC", "-include", hook, "-isystem", include.trim()];
  execFileSync("c++", ["-x", "c", ...options, join(root, "native", "python.c"), "-o", path]);
  return path;
}

const languages = {
  Node: (_t: TestContext) => [process.execPath, compiled("test/faults/scripts/lock-steps")],
  Python: (t: TestContext) => [
    "python3",
    join(root, "test", "faults", "lock_steps.py"),
    buildSteps(temporaryFolder(t)),
  ],
};

/** The lock has the right depth in the hands of its next holder, and is free after its last release. */
async function isWhole(lock: RLock, whileHeld: () => Promise<void>): Promise<void> {
  const depth = async () => (await lock.status()).depth;
  assert.equal(await within(lock.acquire(), "the lock of an ended session"), true);
  assert.equal(await depth(), 1);
  await whileHeld();
  assert.equal(await depth(), 1);
  await lock.acquire();
  assert.equal(await depth(), 2);
  await lock.release();
  assert.equal(await depth(), 1);
  await lock.release();
  assert.equal(await lock.locked(), false);
}

suite("a recursive lock", needs("python3", "c++", "headers of Node", "headers of Python"), () => {
  for (const [language, programFor] of Object.entries(languages)) {
    test(`${language}: has the right depth when its holder's session ends at any access`, async (t) => {
      const stage = await setStage(t);
      const folder = temporaryFolder(t);
      const script = startProgram(t, "lock-steps", [...programFor(t), stage.address, folder, "end"], pythonEnvironment);
      let at = 1;
      for (; ; at++) {
        const reached = join(folder, `reached-${at}`);
        const isOver = () => script.process.exitCode !== null || script.process.signalCode !== null;
        await waitFor(() => existsSync(reached) || isOver(), { what: "the next access" });
        if (!existsSync(reached)) break;
        const lock = new stage.mp.RLock({ name: `${at}` });
        await isWhole(lock, async () => {
          mkdirSync(join(folder, `go-${at}`));
          await waitFor(() => script.stdout().split("\n").includes(`${at}`), { what: `the end of run ${at}` });
        });
      }
      assert.ok(at > 12, `${at} accesses`);
      assert.equal(await script.exited(), 0, script.stderr());
    });

    test(`${language}: is free when its holder is killed at any access`, async (t) => {
      const stage = await setStage(t);
      const program = programFor(t);
      const killed = async (at: number) => {
        const args = [...program, stage.address, temporaryFolder(t), "kill", String(at)];
        const end = await startProgram(t, "lock-steps", args, pythonEnvironment).exited();
        await isWhole(new stage.mp.RLock({ name: `${at}` }), async () => {});
        return end;
      };
      // The accesses of the second acquire and of the first release.
      for (const at of [5, 6, 7, 8, 9, 10, 11]) assert.equal(await killed(at), "SIGKILL", `access ${at}`);
    });
  }
});
