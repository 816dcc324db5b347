import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { waitFor, within } from "../deadline.js";
import { isLiving } from "../living.js";
import { temporaryFolder } from "../temporary-folder.js";
import { startScript } from "./script.js";
import type { Ending, Pids } from "./scripts/holds-everything.js";
import { setStage } from "./stage.js";

const endings: [Ending, title: string, status: number | string, stderr: RegExp][] = [
  ["waits", "is killed", "SIGKILL", /^$/],
  ["terminates", "gets SIGTERM", "SIGTERM", /^$/],
  ["exits", "calls process.exit", 7, /^$/],
  ["throws", "throws", 1, /Error: the script's own fault/],
  ["rejects", "leaves a rejection unhandled", 1, /Error: nobody listens/],
];

for (const [ending, title, status, stderr] of endings) {
  test(`when a script ${title}, all its children end, daemonic or not, and its private server`, async (t) => {
    const script = startScript(t, "holds-everything", [ending, join(temporaryFolder(t), "go")]);
    await script.line();
    if (ending === "waits") script.process.kill("SIGKILL");
    assert.equal(await script.exited(), status);
    assert.match(script.stderr(), stderr);
    await script.familyGone();
  });
}

test("a script without pending work ends its daemonic children, and waits for the others", async (t) => {
  const goFile = join(temporaryFolder(t), "go");
  const script = startScript(t, "holds-everything", ["returns", goFile]);
  const { daemonic, plain } = JSON.parse(await script.line()) as Pids;
  await waitFor(() => !isLiving(daemonic), { what: "the end of the daemonic child" });
  assert.ok(isLiving(plain));
  assert.ok(isLiving(script.pid));
  writeFileSync(goFile, "");
  assert.equal(await script.exited(), 0);
  assert.equal(script.stderr(), "");
  await script.familyGone();
});

test("Ctrl-C ends a script and all its children", async (t) => {
  const script = startScript(t, "holds-everything", ["waits", join(temporaryFolder(t), "go")]);
  await script.line();
  script.process.kill("SIGINT");
  assert.equal(await script.exited(), "SIGINT");
  await script.familyGone();
});

for (const outlives of [false, true]) {
  const fate = outlives
    ? 'its child with onParentDeath "continue" goes on'
    : "its child that is not daemonic ends, too";
  test(`when a shared server's client is killed, its daemonic children end, its lock is free, ${fate}`, async (t) => {
    const stage = await setStage(t);
    const goFile = join(temporaryFolder(t), "go");
    const script = startScript(t, "holds-everything", ["waits", goFile, outlives ? "continue" : "end"], {
      POLYPROC_ADDRESS: stage.address,
    });
    const { daemonic, plain, worker } = JSON.parse(await script.line()) as Pids;
    const lock = new stage.mp.Lock({ name: "held-by-the-script" });
    assert.equal(await lock.acquire({ block: false }), false);
    const acquired = lock.acquire();
    script.process.kill("SIGKILL");
    assert.equal(await within(acquired, "the lock of the dead client"), true);
    assert.equal(lock.ownerDied, true);
    await waitFor(() => !isLiving(daemonic) && !isLiving(worker!), {
      what: "the end of the daemonic child and the worker",
    });
    const left = outlives ? String(plain) : "";
    await waitFor(async () => (await stage.living()).map(({ pid }) => pid).join() === left, {
      what: `the server's word that "${left}" is all that is left`,
    });
    assert.equal(isLiving(plain), outlives);
    writeFileSync(goFile, "");
    await waitFor(() => !isLiving(plain));
  });
}
