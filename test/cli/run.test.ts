import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { waitFor } from "../deadline.js";
import { isLiving } from "../living.js";
import { temporaryFolder } from "../temporary-folder.js";
import { run, serve, start, words } from "./polyproc.js";

test("a command's output and exit status are passed on", async (t) => {
  const { status, stdout, stderr } = await run(t, [
    ...words("run -- sh -c"),
    "echo out; echo err >&2; printf tail; exit 3",
  ]);
  assert.deepEqual([status, stdout, stderr], [3, "out\ntail", "err\n"]);
});

test("braces in a command are plain text, because there is no item", async (t) => {
  assert.equal(
    (await run(t, ["run", "--", "echo", "{item} {index} {{item}} {}"])).stdout,
    "{item} {index} {{item}} {}\n",
  );
});

test("its lines arrive while it runs", async (t) => {
  const folder = temporaryFolder(t);
  const command = start(t, [
    ...words("run -- sh -c"),
    'echo begun; until [ -e "$0/go" ]; do sleep 0.02; done; echo over',
    folder,
  ]);
  await waitFor(() => command.stdout() === "begun\n");
  writeFileSync(join(folder, "go"), "");
  assert.equal((await command.ended()).stdout, "begun\nover\n");
});

test("output that comes faster than it is read arrives complete", async (t) => {
  const { status, stdout } = await run(t, ["run", "--", "seq", "1", "300000"]);
  assert.equal(status, 0);
  assert.equal(stdout, Array.from({ length: 300_000 }, (_, i) => `${i + 1}\n`).join(""));
});

test("an end by a signal is 128 + N", async (t) => {
  assert.equal((await run(t, ["run", "--", "sh", "-c", "kill -KILL $$"])).status, 137);
});

test("a missing program gives 127, one that may not be executed 126, and both say why", async (t) => {
  const missing = await run(t, ["run", "--", "no-such-program"]);
  assert.deepEqual(
    [missing.status, missing.stderr],
    [
      127,
      `polyproc: cannot start "no-such-program": no such program in PATH (ENOENT); ` +
        "check its spelling and that it is installed\n",
    ],
  );
  const folder = temporaryFolder(t);
  const file = join(folder, "text");
  writeFileSync(file, "");
  const closed = await run(t, ["run", "--", file]);
  assert.equal(closed.status, 126);
  assert.match(closed.stderr, /is not executable \(EACCES\); check its permissions: chmod \+x\n$/);
});

test("Ctrl-C ends the whole tree; a second one kills what ignored the first", async (t) => {
  for (const deaf of [false, true]) {
    const folder = temporaryFolder(t);
    const script = `${deaf ? "trap '' TERM;" : ""} sleep 600 & echo "$$ $!" > "$0/pids"; echo ready; wait; sleep 600`;
    const command = start(t, ["run", "--", "sh", "-c", script, folder]);
    await waitFor(() => command.stdout() === "ready\n");
    const pids = readFileSync(join(folder, "pids"), "utf8").trim().split(" ").map(Number);
    command.signal("SIGINT");
    if (deaf) command.signal("SIGINT");
    assert.equal((await command.ended()).status, "SIGINT");
    await waitFor(() => !pids.some(isLiving), { what: "the end of the tree" });
  }
});

test("killed by SIGKILL, it leaves no process", async (t) => {
  const folder = temporaryFolder(t);
  const command = start(t, ["run", "--", "sh", "-c", 'sleep 600 & echo "$$ $!" > "$0/pids"; echo ready; wait', folder]);
  await waitFor(() => command.stdout() === "ready\n");
  const pids = readFileSync(join(folder, "pids"), "utf8").trim().split(" ").map(Number);
  command.signal("SIGKILL");
  await waitFor(() => !pids.some(isLiving), { what: "the end of the tree" });
});

test("on a shared server it runs in the caller's folder and environment, under the given name", async (t) => {
  const server = await serve(t);
  const folder = temporaryFolder(t);
  const command = start(
    t,
    ["run", "--name", "nightly", "--", "sh", "-c", 'pwd; echo "$SAID"; until [ -e go ]; do sleep 0.02; done'],
    { cwd: folder, env: { ...server.env, SAID: "so" } },
  );
  await waitFor(() => command.stdout() === `${folder}\nso\n`);
  assert.match((await run(t, ["ps"], { env: server.env })).stdout, /^ *\d+ {2}nightly +running .* sh -c pwd/m);
  writeFileSync(join(folder, "go"), "");
  assert.equal((await command.ended()).status, 0);
});

test("without a command the error says what is missing", async (t) => {
  for (const args of [["run"], ["run", "--"], ["run", "--name", "x"]]) {
    const { status, stderr } = await run(t, args);
    assert.deepEqual([status, stderr], [2, "polyproc: say what to run after --: polyproc run -- COMMAND ARGUMENTS\n"]);
  }
  const { status, stderr } = await run(t, ["run", "echo", "x"]);
  assert.equal(status, 2);
  assert.match(stderr, /say what to run after --/);
});
