import assert from "node:assert/strict";
import { test } from "node:test";
import { waitFor } from "../../deadline.js";
import { fixture } from "../../fixture.js";
import { isLiving } from "../../living.js";
import { Recorder } from "./recorder.js";
import { testSpawner } from "./spawners.js";

test("what a child leaves in its group holds its exit up only for a moment, and is told to end", async (t) => {
  const told = new Recorder();
  testSpawner(t).startCommand({ command: fixture("leaves-behind.sh"), args: [] }, told);
  assert.deepEqual(await told.exitsSoon(), { exitCode: 7, signal: null });
  const { left } = await told.numbers("left");
  await waitFor(() => !isLiving(left));
});

test("what ignores that is killed", async (t) => {
  const told = new Recorder();
  testSpawner(t).startCommand({ command: fixture("leaves-behind.sh"), args: ["stubborn"] }, told);
  assert.deepEqual(await told.exitsSoon(), { exitCode: 7, signal: null });
  const { left } = await told.numbers("left");
  assert.ok(isLiving(left));
  await waitFor(() => !isLiving(left));
});

test("a leftover that floods the pipe does not keep the exit from being told", async (t) => {
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

test("what a leftover writes at once is still told", async (t) => {
  const told = new Recorder();
  testSpawner(t).startCommand({ command: "sh", args: ["-c", "(sleep 0.05; echo late) & exit 0"] }, told);
  await told.exitsSoon();
  assert.equal(told.stdout, "late\n");
});

test(
  "a child that lets a process go into a session of its own, and closes its pipes, may do so",
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
