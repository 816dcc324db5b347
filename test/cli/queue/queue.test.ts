import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { spawnSync } from "node:child_process";
import type { BatchEntryInfo } from "../../../protocol/batch.js";
import { waitFor, within } from "../../deadline.js";
import { isLiving } from "../../living.js";
import { QueueUser, shell, whenEntry } from "./queue-server.js";

const mayMount =
  process.platform === "linux" &&
  spawnSync("unshare", ["-m", "sh", "-c", 'mount -t tmpfs none "$0"', "/mnt"]).status === 0;

test("an entry runs without its client; follow and wait have its outcome, and log its output", async (t) => {
  const user = new QueueUser(t);
  await user.serve();
  const told = join(user.folder, "told");
  const outcome = '"$POLYPROC_QUEUE_ID $POLYPROC_QUEUE_STATE $POLYPROC_QUEUE_EXIT_CODE"';
  const hook = `echo ${outcome} > '${told}.new' && mv '${told}.new' '${told}'`;
  const added = await user.polyproc("add", "--hook", hook, "--", "sh", "-c", "echo out; umask; exit 3");
  assert.deepEqual(added, { status: 0, stdout: "1\n", stderr: "" });
  assert.equal((await user.polyproc("add", "--after", "1", "--", "echo", "never")).stdout, "2\n");
  const mask = process.umask().toString(8).padStart(4, "0");
  assert.deepEqual(await user.polyproc("follow", "1"), { status: 3, stdout: `out\n${mask}\n`, stderr: "" });
  assert.equal((await user.polyproc("wait", "1", "2")).status, 1);
  assert.equal((await user.polyproc("wait", "1")).status, 3);
  const { stdout: listed } = await user.polyproc("status");
  assert.match(listed, / sh -c 'echo out; umask; exit 3'$/m);
  assert.equal((await user.polyproc("log", "1", "-n", "1")).stdout, `${mask}\n`);
  const { entries } = JSON.parse((await user.polyproc("status", "--json")).stdout) as { entries: BatchEntryInfo[] };
  assert.deepEqual(
    entries.map(({ entry, state, exitCode, reason }) => [entry, state, exitCode, reason]),
    [
      [1, "failed", 3, "exit code 3"],
      [2, "skipped", null, "entry 1 has failed"],
    ],
  );
  await waitFor(() => existsSync(told), { what: "the hook" });
  assert.equal(readFileSync(told, "utf8"), "1 failed 3\n");
  assert.equal((await user.polyproc("remove", "--ended")).stdout, "removed: 1, 2\n");
  assert.equal((await user.polyproc("add", "--", "true")).stdout, "3\n", "numbers are not used again");
});

test(
  "when server and guardian are killed together, the next server ends what ran on",
  { skip: process.platform !== "linux" },
  async (t) => {
    const user = new QueueUser(t);
    const first = await user.serve();
    const connection = await user.connect();
    await connection.request("batch/add", shell("sleep 600 & setsid sleep 600 & exec sleep 600"));
    const { pid } = await whenEntry(connection, 1, (entry) => entry.pid !== null);
    const { guardianPid } = await connection.request("server/status", {});
    // A server that stands still starts no new guardian.
    first.process.kill("SIGSTOP");
    process.kill(guardianPid!, "SIGKILL");
    first.process.kill("SIGKILL");
    await once(first.process, "exit");
    assert.ok(isLiving(pid!), "no process is left that would end it");
    await user.serve();
    const again = await user.connect();
    assert.equal((await whenEntry(again, 1, () => true)).state, "lost");
    await first.familyGone();
    assert.equal(isLiving(pid!), false);
  },
);

test("when the server is killed, what ran has ended and is lost, and what was queued runs later", async (t) => {
  const user = new QueueUser(t);
  const first = await user.serve();
  const connection = await user.connect();
  await connection.request("batch/add", shell("echo one; sleep 600 & sleep 600"));
  await connection.request("batch/add", { ...shell("echo two"), name: "second" });
  await whenEntry(connection, 1, ({ pid }) => pid !== null);
  first.process.kill("SIGKILL");
  await first.familyGone();
  await user.serve();
  const again = await user.connect();
  const lost = await whenEntry(again, 1, () => true);
  assert.deepEqual([lost.state, lost.attempt, lost.reason], ["lost", 1, "the server ended while it ran"]);
  const second = await whenEntry(again, 2, ({ state }) => state === "done");
  assert.deepEqual([second.name, second.exitCode], ["second", 0]);
  await again.request("batch/edit", { entry: 1, command: ["echo", "edited"] });
  assert.equal((await user.polyproc("restart", "--lost")).stdout, "queued again: 1\n");
  assert.equal((await whenEntry(again, 1, ({ state }) => state === "done")).attempt, 2);
  assert.equal((await user.polyproc("log", "1")).stdout, "edited\n");
});

test("no change that was answered is undone when the server is killed", async (t) => {
  const user = new QueueUser(t);
  const first = await user.serve();
  const connection = await user.connect();
  for (let n = 1; n <= 3; n++) await connection.request("batch/add", { ...shell("true"), held: n > 1 });
  await whenEntry(connection, 1, ({ state }) => state === "done");
  await Promise.all([
    connection.request("batch/pause", { group: "default" }),
    connection.request("batch/setGroup", { group: "other", slots: 5 }),
    connection.request("batch/restart", { entries: [1] }),
    connection.request("batch/edit", { entry: 2, priority: 7 }),
    connection.request("batch/resume", { entries: [2] }),
    connection.request("batch/remove", { entries: [3] }),
  ]);
  first.process.kill("SIGKILL");
  await first.familyGone();
  await user.serve();
  const { entries, groups } = await (await user.connect()).request("batch/list", {});
  assert.deepEqual(
    entries.map(({ entry, state, priority }) => [entry, state, priority]),
    [
      [1, "queued", 0],
      [2, "queued", 7],
    ],
  );
  assert.deepEqual(
    groups.map(({ group, slots, paused }) => [group, slots, paused]),
    [
      ["default", 1, true],
      ["other", 5, false],
    ],
  );
});

test("who follows the queue is told of an entry that is skipped as soon as it is added", async (t) => {
  const user = new QueueUser(t);
  await user.serve();
  const connection = await user.connect();
  await connection.request("batch/add", shell("exit 3"));
  await whenEntry(connection, 1, ({ state }) => state === "failed");
  await connection.request("batch/add", { ...shell("true"), after: [1] });
  let { revision: since, entries } = await connection.request("batch/list", {});
  while (entries.at(-1)!.state !== "skipped")
    ({ revision: since, entries } = await within(connection.request("batch/list", { since }), "the next change"));
  assert.equal(entries.at(-1)!.reason, "entry 1 has failed");
});

test("a group has its own limit and pause, a higher priority starts first, and pause stops what runs", async (t) => {
  const user = new QueueUser(t);
  await user.serve();
  const connection = await user.connect();
  assert.equal((await user.polyproc("group", "add", "two", "-j", "2")).stdout, "group two: 2 at a time\n");
  await connection.request("batch/pause", { group: "default" });
  const order = join(user.folder, "order");
  for (const priority of [0, 5, 1])
    await connection.request("batch/add", { ...shell('echo "$1" >> "$0"', order, String(priority)), priority });
  for (let n = 0; n < 3; n++) await connection.request("batch/add", { ...shell("exec sleep 600"), group: "two" });
  await whenEntry(connection, 5, ({ pid }) => pid !== null);
  const running = await whenEntry(connection, 4, ({ pid }) => pid !== null);
  const states = (await connection.request("batch/list", {})).entries.map(({ state }) => state);
  assert.deepEqual(states, ["queued", "queued", "queued", "running", "running", "queued"]);
  await user.polyproc("pause", "4");
  const stateOf = () => /\) (.)/.exec(readFileSync(`/proc/${running.pid}/stat`, "latin1"))?.[1];
  if (process.platform === "linux") await waitFor(() => stateOf() === "T", { what: "a stopped process" });
  assert.equal((await user.polyproc("remove", "4")).stderr.includes("end it first (polyproc kill queue:4)"), true);
  await user.polyproc("kill", "queue:4");
  const killed = await whenEntry(connection, 4, ({ state }) => state === "failed");
  assert.deepEqual([killed.exitCode, killed.reason], [-15, "killed by SIGTERM"]);
  await connection.request("batch/resume", {});
  for (const entry of [1, 2, 3]) await whenEntry(connection, entry, ({ state }) => state === "done");
  assert.equal(readFileSync(order, "utf8"), "5\n1\n0\n");
});

test("entries that are added at once have different numbers; another server names the host", async (t) => {
  const user = new QueueUser(t);
  await user.serve();
  await (await user.connect()).request("batch/pause", {});
  const other = await user.serve("other");
  await waitFor(() => /belongs to server \d+ at unix:.*\/s\/p\n/.test(other.stderr()), { what: "the refusal" });
  const callers = [await user.connect(), await user.connect()];
  const added = await Promise.all(
    callers.flatMap((caller) => Array.from({ length: 50 }, () => caller.request("batch/add", shell("true")))),
  );
  const numbers = added.map(({ entry }) => entry.entry).sort((a, b) => a - b);
  assert.deepEqual(
    numbers,
    Array.from({ length: 100 }, (_, i) => i + 1),
  );
  assert.equal(readdirSync(join(user.queue, "entries")).length, 100);
  await assert.rejects(
    (await user.connect("other")).request("batch/list", {}),
    (error: Error & { data: unknown }) =>
      /belongs to server/.test(error.message) &&
      JSON.stringify(error.data) === JSON.stringify({ hosted: false, address: user.address("p") }),
  );
});

test("damaged files are kept aside and named; nothing else is lost", async (t) => {
  const user = new QueueUser(t);
  const first = await user.serve();
  const connection = await user.connect();
  await connection.request("batch/pause", {});
  for (let n = 0; n < 4; n++) await connection.request("batch/add", shell("true"));
  first.process.kill("SIGTERM");
  await first.familyGone();
  const file = (name: string) => join(user.queue, name);
  truncateSync(file("entries/2.json"), 20);
  writeFileSync(file("entries/3.json"), Buffer.from([0, 255, 7]));
  writeFileSync(file("settings.json"), "{}");
  await user.serve();
  const { stdout, stderr } = await user.polyproc("status");
  assert.match(stdout, /^ID .*\n 1 .*\n 4 .*\n/);
  for (const [what, path] of [
    ["entry 2", "entries/2.json"],
    ["entry 3", "entries/3.json"],
    ["the file of the groups", "settings.json"],
  ] as const)
    assert.ok(stderr.includes(`${what} was damaged, and is kept as ${file(path)}.damaged\n`), stderr);
  assert.ok(existsSync(`${file("entries/2.json")}.damaged`));
  assert.equal((await (await user.connect()).request("batch/add", shell("true"))).entry.entry, 5);
});

test(
  "on a full disk nothing is added, the error says so, and what was stored stays",
  { skip: mayMount ? false : "a file system of its own needs root and unshare" },
  async (t) => {
    const user = new QueueUser(t);
    mkdirSync(user.state, { recursive: true });
    const mount = 'mount -t tmpfs -o size=256k,mode=700 none "$0" && exec "$@"';
    await user.serve("p", ["unshare", "-m", "sh", "-c", mount, user.state]);
    const connection = await user.connect();
    await connection.request("batch/pause", {});
    await connection.request("batch/add", shell("true"));
    const large = { ...shell("true"), env: { LARGE: "x".repeat(400_000) } };
    await assert.rejects(connection.request("batch/add", large), {
      codeName: "BadState",
      message: /^nothing was added: the queue cannot be stored in .*ENOSPC.*check that the disk is not full/,
    });
    const { entries } = await connection.request("batch/list", {});
    assert.deepEqual(
      entries.map(({ entry, state }) => [entry, state]),
      [[1, "queued"]],
    );
    await connection.request("batch/add", shell("true"));
  },
);
