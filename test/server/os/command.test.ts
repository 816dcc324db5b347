import assert from "node:assert/strict";
import { realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { hasNative } from "../../../native/load.js";
import { waitFor } from "../../deadline.js";
import { fixture } from "../../fixture.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { Recorder } from "./recorder.js";
import { testSpawner } from "./spawners.js";

const shell = (script: string) => ({ command: "sh", args: ["-c", script] });

test("a command's exit code is reported after its pid and all its output", async (t) => {
  const told = new Recorder();
  const child = testSpawner(t).startCommand(shell("echo out; echo err >&2; exit 7"), told);
  assert.equal(child.pid, null, "not before spawned");
  assert.deepEqual(await told.exitsSoon(), { exitCode: 7, signal: null });
  assert.equal(child.pid, told.pid);
  assert.equal(told.stdout, "out\n");
  assert.equal(told.stderr, "err\n");
  assert.equal(told.order[0], "spawned");
  assert.equal(told.order.indexOf("exited"), told.order.length - 1);
});

test("the signal that ended a command is reported by name", async (t) => {
  const told = new Recorder();
  testSpawner(t).startCommand(shell("kill -USR1 $$; sleep 100"), told);
  assert.deepEqual(await told.exitsSoon(), { exitCode: null, signal: "SIGUSR1" });
});

test("SIGPIPE, exit code 0 and exit code 255 are distinguished", async (t) => {
  const spawner = testSpawner(t);
  const statuses = [];
  for (const script of ["exit 0", "exit 255", "kill -PIPE $$"]) {
    const told = new Recorder();
    spawner.startCommand(shell(script), told);
    statuses.push(await told.exitsSoon());
  }
  assert.deepEqual(statuses, [
    { exitCode: 0, signal: null },
    { exitCode: 255, signal: null },
    { exitCode: null, signal: "SIGPIPE" },
  ]);
});

test("standard input is the given text, and empty without one", async (t) => {
  const spawner = testSpawner(t);
  const given = new Recorder();
  spawner.startCommand({ command: "cat", args: [], input: "häß\n" }, given);
  await given.exitsSoon();
  assert.equal(given.stdout, "häß\n");

  const empty = new Recorder();
  spawner.startCommand({ command: "cat", args: [] }, empty);
  assert.deepEqual(await empty.exitsSoon(), { exitCode: 0, signal: null });
  assert.equal(empty.stdout, "");
});

test("a command that does not read its input ends well", async (t) => {
  const told = new Recorder();
  testSpawner(t).startCommand({ ...shell("exec <&-; echo done"), input: "x".repeat(1_000_000) }, told);
  assert.deepEqual(await told.exitsSoon(), { exitCode: 0, signal: null });
  assert.equal(told.stdout, "done\n");
});

test("the environment is the server's, with additions and without variables that are null", async (t) => {
  process.env["POLYPROC_TEST_GIVEN"] = "given";
  process.env["POLYPROC_TEST_TAKEN"] = "taken";
  t.after(() => {
    delete process.env["POLYPROC_TEST_GIVEN"];
    delete process.env["POLYPROC_TEST_TAKEN"];
  });
  const told = new Recorder();
  const spawner = testSpawner(t);
  spawner.startCommand(
    { command: "env", args: [], env: { ADDED: "a b=c", POLYPROC_TEST_TAKEN: null, POLYPROC_CHILD: "forged" } },
    told,
  );
  await told.exitsSoon();
  const variables = Object.fromEntries(
    told.stdout
      .trim()
      .split("\n")
      .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
  assert.equal(variables["POLYPROC_TEST_GIVEN"], "given");
  assert.equal(variables["FROM_SERVER"], "yes");
  assert.equal(variables["ADDED"], "a b=c");
  assert.equal("POLYPROC_TEST_TAKEN" in variables, false);
  assert.equal(variables["POLYPROC_INSTANCE"], spawner.instanceId);
  assert.equal(variables["POLYPROC_CHILD"], `${spawner.instanceId}.1`);
});

test("the working folder is the given one", async (t) => {
  const folder = realpathSync(temporaryFolder(t));
  const told = new Recorder();
  testSpawner(t).startCommand({ command: "pwd", args: [], cwd: folder }, told);
  await told.exitsSoon();
  assert.equal(told.stdout, `${folder}\n`);
});

test("much output is reported completely before the exit", async (t) => {
  const lines = 100_000;
  const told = new Recorder();
  testSpawner(t).startCommand({ command: fixture("flood.sh"), args: [String(lines)] }, told);
  assert.deepEqual(await told.exitsSoon(), { exitCode: 0, signal: null });
  assert.equal(told.stdout.length, lines * 100);
  assert.equal(told.stderr, "end\n");
  assert.equal(told.order.at(-1), "exited");
});

test("paused output blocks the writer, and goes on without loss", async (t) => {
  const lines = 20_000;
  const told = new Recorder();
  const child = testSpawner(t).startCommand({ command: fixture("flood.sh"), args: [String(lines)] }, told);
  child.pauseOutput();
  await waitFor(() => told.pid > 0);
  // The writer is blocked: its pipe is full, nothing is read. `sh` tells the end only when `head` is done.
  const early = new Recorder();
  testSpawner(t).startCommand(shell("exit 0"), early);
  await early.exitsSoon();
  assert.equal(told.order.includes("exited"), false);
  assert.ok(told.stdout.length < 300_000, `${told.stdout.length} bytes came in spite of the pause`);
  child.resumeOutput();
  await told.exitsSoon();
  assert.equal(told.stdout.length, lines * 100);
});

test("output that is paused at the exit is reported all the same", async (t) => {
  const told = new Recorder();
  const child = testSpawner(t).startCommand(shell("echo last words"), told);
  child.pauseOutput();
  await told.exitsSoon();
  assert.equal(told.stdout, "last words\n");
  assert.equal(told.order.at(-1), "exited");
});

const onLinux = { skip: process.platform !== "linux" && "reads /proc" };

test("a command can open its output by its names", onLinux, async (t) => {
  const told = new Recorder();
  const script = "echo out >/dev/stdout; echo wrong | tee /dev/stderr; echo more >>/proc/self/fd/1";
  testSpawner(t).startCommand(shell(script), told);
  assert.deepEqual(await told.exitsSoon(), { exitCode: 0, signal: null });
  assert.deepEqual([told.stdout, told.stderr], ["out\nwrong\nmore\n", "wrong\n"]);
});

test("a command can open its input by its name, with the native code", onLinux, async (t) => {
  const told = new Recorder();
  testSpawner(t).startCommand({ ...shell("cat; cat /dev/stdin; cat /dev/stdin"), input: "in\n" }, told);
  const { exitCode } = await told.exitsSoon();
  assert.deepEqual([exitCode, told.stdout], [hasNative() ? 0 : 1, "in\n"]);
});

test("a command has an empty input, a session of its own, and no signal blocked or ignored", onLinux, async (t) => {
  const told = new Recorder();
  const script = `
    import os
    print(*sorted(os.readlink(f"/proc/self/fd/{fd}").split(":")[0] for fd in range(3)), os.getsid(0) == os.getpid())`;
  const lines = script.replaceAll("\n    ", "\n");
  // It writes a line for each signal that is blocked or ignored.
  testSpawner(t).startCommand({ command: "env", args: ["--list-signal-handling", "python3", "-c", lines] }, told);
  assert.deepEqual(await told.exitsSoon(), { exitCode: 0, signal: null });
  assert.match(told.stdout, /^\/dev\/null .+ True\n$/);
  assert.equal(told.stderr, "");
});

test("a script without an interpreter in its first line is started by the shell", async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "plain"), 'echo "plain $1"\n', { mode: 0o755 });
  const told = new Recorder();
  const env = { PATH: `${folder}:${process.env["PATH"]}` };
  testSpawner(t).startCommand({ command: "plain", args: ["ä "], env, cwd: "/" }, told);
  assert.deepEqual(await told.exitsSoon(), { exitCode: 0, signal: null });
  assert.equal(told.stdout, "plain ä \n");
});

test("commands that exit at the same moment are all reported, and one that stops is not", async (t) => {
  const spawner = testSpawner(t);
  const folder = temporaryFolder(t);
  const stopped = new Recorder();
  const child = spawner.startCommand(shell("echo runs; sleep 1000 & wait"), stopped);
  await waitFor(() => stopped.stdout === "runs\n", { what: "a command to stop" });
  child.suspend(true);
  const all = Array.from({ length: 20 }, (_, i) => {
    const told = new Recorder();
    spawner.startCommand(shell(`until [ -e ${folder}/go ]; do sleep 0.05; done; exit ${i}`), told);
    return told;
  });
  await waitFor(() => all.every(({ pid }) => pid > 0), { what: "their starts" });
  writeFileSync(join(folder, "go"), "");
  for (const [i, told] of all.entries()) assert.deepEqual(await told.exitsSoon(), { exitCode: i, signal: null });
  assert.ok(!stopped.order.includes("exited"));
});
