import assert from "node:assert/strict";
import { test } from "node:test";
import { isLiving } from "../../living.js";
import { waitFor } from "../../deadline.js";
import { startScript } from "./scripts.js";

test("a script waits for its non-daemonic children and ends its daemonic ones", async (t) => {
  const script = startScript(t, "ends", ["joins"]);
  assert.equal(await script.ended(), 0, script.stderr());
  assert.match(script.stdout(), /the script has ended\n(.*\n)*the child has finished\n/);
  assert.equal(script.children().length, 2);
  for (const pid of script.children()) assert.equal(isLiving(pid), false);
  assert.equal(script.stderr(), "");
});

test("process.exit ends children, too", async (t) => {
  const script = startScript(t, "ends", ["exits"]);
  assert.equal(await script.ended(), 5);
  await waitFor(() => !isLiving(script.children()[0]!), { what: "the daemonic child to end" });
});

test("an uncaught exception ends children, too", async (t) => {
  const script = startScript(t, "ends", ["throws"]);
  assert.equal(await script.ended(), 1);
  assert.match(script.stderr(), /on purpose/);
  await waitFor(() => !isLiving(script.children()[0]!), { what: "the daemonic child to end" });
});

for (const [title, how, signal] of [
  ["Ctrl-C ends the script and its children, non-daemonic ones too", "waits", "SIGINT"],
  ["a script that is killed leaves no daemonic child", "stays", "SIGKILL"],
] as const)
  test(title, async (t) => {
    const script = startScript(t, "ends", [how]);
    await waitFor(() => script.stdout().includes("ready"));
    const [child] = script.children();
    assert.ok(isLiving(child!));
    script.kill(signal);
    assert.equal(await script.ended(), signal);
    await waitFor(() => !isLiving(child!), { what: "the child to end" });
  });

test("a script that handles Ctrl-C decides for itself, even while it waits for its children", async (t) => {
  const script = startScript(t, "ends", ["listens"]);
  await waitFor(() => script.stdout().includes("ready"));
  script.kill("SIGINT");
  assert.equal(await script.ended(), 0);
  assert.match(script.stdout(), /exit code -15/);
});

test("a script that uses nothing starts no server and ends", async (t) => {
  const script = startScript(t, "ends", ["unused"]);
  assert.equal(await script.ended(), 0);
  assert.equal(script.stdout(), "nothing was used\n");
});

test("objects alone do not keep a script alive", async (t) => {
  const script = startScript(t, "ends", ["idle"]);
  assert.equal(await script.ended(), 0);
  assert.equal(script.stdout(), "holds a lock\n");
});

test("a script without isMain gets an error that says so, not children without end", async (t) => {
  const script = startScript(t, "unguarded");
  assert.equal(await script.ended(), 0);
  assert.match(script.stdout(), /exit code 1/);
  assert.match(script.stderr(), /if \(isMain\(import\.meta\)\)/);
  assert.doesNotMatch(script.stdout(), /the work is done/);
});

test("a script that uses a pool while its workers load it is told to use isMain", async (t) => {
  const script = startScript(t, "unguarded-pool");
  assert.equal(await script.ended(), 1);
  assert.match(
    script.stderr(),
    /TargetNotFound: module .*unguarded-pool\.js failed .*: BadState: Pool\.map while .*if \(isMain\(import\.meta\)\)/,
  );
});

test("a worker that ran out of heap says so", async (t) => {
  const script = startScript(t, "heap", [], { NODE_OPTIONS: "--max-old-space-size=40" });
  assert.equal(await script.ended(), 0, script.stderr());
  assert.match(
    script.stdout(),
    /^true SIGABRT worker \d+ ran out of heap in the middle of the task \(.*heap out of memory\)/,
  );
});

test("a script whose private server is killed at its start gets an error that says why", async (t) => {
  const script = startScript(t, "server-dies-early");
  assert.equal(await script.ended(), 0, script.stderr());
  assert.match(script.stdout(), /^SpawnFailed: the server ended as soon as it was started \(SIGKILL\)/);
});
