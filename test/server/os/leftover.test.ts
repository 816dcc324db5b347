import assert from "node:assert/strict";
import { test } from "node:test";
import { waitFor } from "../../deadline.js";
import { fixture } from "../../fixture.js";
import { isLiving } from "../../living.js";
import { Recorder } from "./recorder.js";
import { testSpawner } from "./spawners.js";

test("a process left in a child's group delays the child's exit only briefly, and gets SIGTERM", async (t) => {
  const told = new Recorder();
  testSpawner(t).startCommand({ command: fixture("leaves-behind.sh"), args: [] }, told);
  assert.deepEqual(await told.exitsSoon(), { exitCode: 7, signal: null });
  const { left } = await told.numbers("left");
  await waitFor(() => !isLiving(left));
});

test("a leftover that ignores SIGTERM is killed", async (t) => {
  const told = new Recorder();
  testSpawner(t).startCommand({ command: fixture("leaves-behind.sh"), args: ["stubborn"] }, told);
  assert.deepEqual(await told.exitsSoon(), { exitCode: 7, signal: null });
  const { left } = await told.numbers("left");
  assert.ok(isLiving(left));
  await waitFor(() => !isLiving(left));
});

test("a leftover that floods the pipe does not delay the exit", async (t) => {
  const told = new Recorder();
  const { length } = told.stdout;
  assert.equal(length, 0);
  testSpawner(t).startCommand(
    { command: "sh", args: ["-c", "trap '' TERM; (while :; do echo flood; done) & exit 3"] },
    told,
  );
  assert.deepEqual(await told.exitsSoon(), { exitCode: 3, signal: null });
  assert.equal(told.order.at(-1), "exited");
});

test("output that a leftover writes at once is still reported", async (t) => {
  const told = new Recorder();
  testSpawner(t).startCommand(
    { command: "sh", args: ["-c", "(while kill -0 $$; do :; done 2>/dev/null; echo late) & exit 0"] },
    told,
  );
  await told.exitsSoon();
  assert.equal(told.stdout, "late\n");
});

test(
  "a process that a child moved to another session, with closed pipes, is left alone",
  { skip: process.platform !== "linux" },
  async (t) => {
    const told = new Recorder();
    const spawner = testSpawner(t);
    spawner.startCommand({ command: "sh", args: ["-c", 'setsid sleep 1000 <&- >&- 2>&- & echo "let $!"'] }, told);
    await told.exitsSoon();
    const { let: pid } = await told.numbers("let");
    assert.ok(isLiving(pid));
    await spawner.dispose();
    await waitFor(() => !isLiving(pid), { what: "it still ends with the server" });
  },
);
