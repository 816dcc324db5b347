import assert from "node:assert/strict";
import { test } from "node:test";
import { waitFor } from "../../deadline.js";
import { fixture } from "../../fixture.js";
import { isLiving } from "../../living.js";
import { Recorder } from "./recorder.js";
import { testSpawner } from "./spawners.js";

test("dispose ends all children, reports each exit once, and lets nothing start afterwards", async (t) => {
  const spawner = testSpawner(t);
  const gentle = new Recorder();
  const stubborn = new Recorder();
  const host = new Recorder();
  spawner.startCommand(
    {
      command: "sh",
      args: ["-c", "trap 'echo tidied; exit 5' TERM; echo \"leader $$\"; while :; do sleep 0.01; done"],
    },
    gentle,
  );
  spawner.startCommand({ command: fixture("family.sh"), args: ["stubborn"] }, stubborn);
  spawner.startHost({ runtime: "fixture" }, host);
  await gentle.numbers("leader");
  const pids = Object.values(await stubborn.numbers("leader", "child", "grandchild", "escaped", "orphan"));
  await waitFor(() => host.pid > 0);
  await spawner.dispose(300);
  assert.ok(!isLiving(host.pid));
  assert.deepEqual(await gentle.exitsSoon(), { exitCode: 5, signal: null });
  assert.equal(gentle.stdout.endsWith("tidied\n"), true);
  assert.deepEqual(await stubborn.exitsSoon(), { exitCode: null, signal: "SIGKILL" });
  assert.deepEqual(await host.exitsSoon(), { exitCode: null, signal: "SIGTERM" });
  await waitFor(() => !pids.some(isLiving));
  for (const told of [gentle, stubborn, host]) assert.equal(told.order.filter((event) => event === "exited").length, 1);

  const late = new Recorder();
  spawner.startCommand({ command: "true", args: [] }, late);
  assert.equal((await late.failsSoon()).codeName, "ShuttingDown");
});

test("dispose without any child, and a second dispose, resolve", async (t) => {
  const spawner = testSpawner(t);
  await spawner.dispose();
  await spawner.dispose();
});
