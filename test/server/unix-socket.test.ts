import assert from "node:assert/strict";
import { fork, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readlinkSync, symlinkSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { lockBinding } from "../../server/bind-lock.js";
import { within } from "../deadline.js";
import { compiled } from "../fixture.js";
import { temporaryFolder } from "../temporary-folder.js";

interface Told {
  listens: boolean;
  message?: string;
}

/** A process that is ready to listen. */
async function racer(t: TestContext): Promise<ChildProcess> {
  const child = fork(compiled("test/server/fixtures/racer"));
  t.after(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  });
  await within(once(child, "message"), "a process that can listen");
  return child;
}

async function race(racers: readonly ChildProcess[], path: string): Promise<Told[]> {
  const told = racers.map(async (child) => ((await within(once(child, "message"), "how listening went")) as [Told])[0]);
  for (const child of racers) child.send(`unix:${path}`);
  return Promise.all(told);
}

/** Leaves everything as it is, as a fault of the system does. */
async function crash(child: ChildProcess): Promise<void> {
  child.kill("SIGKILL");
  await once(child, "exit");
}

function deadPid(): number {
  return spawnSync("true").pid;
}

test("of ten servers that start at once on a dead server's socket, one gets it, the others get an error", async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, "s");
  const racers = await Promise.all(Array.from({ length: 10 }, () => racer(t)));
  for (let round = 0; round < 20; round++) {
    const told = await race(racers, path);
    const winners = racers.filter((_, i) => told[i]!.listens);
    assert.equal(winners.length, 1, `round ${round}: ${winners.length} listen`);
    for (const { message } of told.filter(({ listens }) => !listens))
      assert.match(message!, /a server answers there already/);
    const socket = connect(path);
    await once(socket, "connect");
    socket.destroy();
    assert.deepEqual(readdirSync(folder), ["s"]);
    const [winner] = winners as [ChildProcess];
    await crash(winner);
    racers[racers.indexOf(winner)] = await racer(t);
  }
});

test("locks that killed servers left do not prevent a start, and are removed", async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, "s");
  const racers = await Promise.all(Array.from({ length: 3 }, () => racer(t)));
  for (const left of [[deadPid()], [deadPid(), deadPid()], ["no pid"]]) {
    for (const [at, pid] of left.entries()) symlinkSync(String(pid), `${path}.binding${at === 0 ? "" : at}`);
    const told = await race(racers, path);
    assert.equal(told.filter(({ listens }) => listens).length, 1);
    assert.deepEqual(readdirSync(folder), ["s"]);
    const winner = told.findIndex(({ listens }) => listens);
    await crash(racers[winner]!);
    racers[winner] = await racer(t);
  }
});

test("a lock of a living process is waited for, then reported", async (t) => {
  const path = join(temporaryFolder(t), "s");
  const parent = process.ppid;
  symlinkSync(String(parent), `${path}.binding`);
  await assert.rejects(lockBinding(path, 30), {
    name: "UsageError",
    message: new RegExp(
      `process ${parent} has been starting there for 0\\.03 s; if it is no server, remove .*s\\.binding$`,
    ),
  });
  assert.equal(readlinkSync(`${path}.binding`), String(parent));
});

test("one process locks a path once at a time; a lock left by an earlier one with its pid is ignored", async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, "s");
  symlinkSync(String(process.pid), `${path}.binding`);
  const unlock = await lockBinding(path);
  await assert.rejects(lockBinding(path, 0), /has been starting there/);
  const next = lockBinding(path);
  unlock();
  (await next)();
  assert.deepEqual(readdirSync(folder), []);
});

test(
  "a folder that cannot be made is reported at once",
  { skip: process.platform !== "linux" && "needs /proc" },
  async (t) => {
    const [told] = await race([await racer(t)], "/proc/polyproc-test/s");
    assert.equal(told!.listens, false);
    assert.match(told!.message!, /\/proc\/polyproc-test cannot be made \(ENOENT\): choose a path/);
  },
);
