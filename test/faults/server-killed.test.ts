import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { command, task, wait } from "polyproc";
import { waitFor, within } from "../deadline.js";
import { readProcessTable } from "../../server/os/process-table.js";
import { fixture } from "../fixture.js";
import { isLiving } from "../living.js";
import { temporaryFolder } from "../temporary-folder.js";
import { startScript } from "./script.js";
import { setStage } from "./stage.js";
import * as tasks from "./tasks.js";
import * as spawning from "./spawning-tasks.js";

const meta = { url: new URL("./tasks.js", import.meta.url).href };
const spawningMeta = { url: new URL("./spawning-tasks.js", import.meta.url).href };
const family = fixture("family.sh");

test("when the server is killed, every child ends, and clients get an error", async (t) => {
  const stage = await setStage(t);
  const { mp } = stage;
  const said = new mp.Queue<number>();
  const pids: number[] = [];
  const heard = async (count: number) => {
    for (let i = 0; i < count; i++) pids.push(await within(said.get(), "a child's pid"));
  };

  // Processes that compute without a pause, daemonic or not; a process's own child; workers.
  for (const daemon of [false, true])
    await new mp.Process({ target: task(meta, tasks.sayPidAndSpin), args: [said], daemon }).start();
  await heard(2);
  await new mp.Process({ target: task(meta, tasks.startAnother), args: [said] }).start();
  await heard(2);
  const pool = new mp.Pool(2);
  const lost = [0, 1].map(() => pool.applyAsync(task(meta, tasks.sayPidAndSpin), [said]));
  await heard(2);
  // What ignores SIGTERM, leaves its group, changes its parent.
  await new mp.Process({
    target: task(spawningMeta, spawning.startFamily),
    args: [family, ["stubborn"], said],
  }).start();
  await heard(5);
  // Commands: one that waits, one that computes, one that ignores every signal that can be ignored.
  const commands = [
    new mp.Process({ target: command("sleep", ["1000"]) }),
    new mp.Process({ target: command("sh", ["-c", "while :; do :; done"]) }),
    new mp.Process({ target: command("sh", ["-c", "trap '' TERM INT HUP QUIT; while :; do sleep 1000; done"]) }),
  ];
  for (const child of commands) await child.start();
  const running = pool.applyAsync(command("sleep", ["1000"]));
  pids.push(...commands.map((child) => child.pid!));
  for (const { pid } of await stage.usage()) pids.push(pid);
  for (const pid of pids) assert.ok(isLiving(pid));
  const waiting = new mp.Lock({ name: "x" });
  await waiting.acquire();
  const blocked = assert.rejects(waiting.acquire(), { name: "Closed" });

  await stage.killServer();
  await waitFor(() => stage.marked().length === 0 && !pids.some(isLiving), {
    what: "the end of all children",
  });

  for (const result of [...lost, running])
    await assert.rejects(within(result.get(), "a lost result"), { name: "Closed" });
  await within(blocked, "a lost wait");
  await assert.rejects(within(pool.apply(task(meta, tasks.double), [1]), "a late call"), { name: "Closed" });
  await assert.rejects(within(commands[0]!.join(), "a late join"), { name: "Closed" });
  await mp.close();
});

test("when the server is killed, every pending call rejects with Closed", async (t) => {
  const stage = await setStage(t);
  const { mp } = stage;
  const child = new mp.Process({ target: command("sleep", ["1000"]) });
  await child.start();
  const starting = new mp.Process({ target: command("sleep", ["1000"]) });
  const pool = new mp.Pool(2);
  const other = new mp.Pool(1);
  const stuck = (x: number) => (x === 0 ? new Promise<number>(() => {}) : x);
  const numbers = function* () {
    for (let i = 1; ; i++) yield i;
  };
  const ordered = pool.imap(stuck, [0, 1, 2]);
  const collected = pool.imap(stuck, numbers(), { returnExceptions: true });
  // Results that wait for that of an item before them are here.
  assert.equal(await within(pool.apply(stuck, [3]), "a result"), 3);
  const running = other.applyAsync(stuck, [0]);
  await other.close();
  const [end] = mp.Pipe();
  const queue = new mp.Queue();
  const barrier = new mp.Barrier(2);
  const waits = {
    sentinel: child.sentinel,
    join: child.join(),
    next: ordered.next(),
    loop: (async () => {
      for await (const _ of collected);
    })(),
    result: running.get(),
    "join of a pool": other.join(),
    recv: end.recv(),
    get: queue.get(),
    "loop over a queue": queue[Symbol.asyncIterator]().next(),
    wait: new mp.Event().wait(),
    barrier: barrier.wait(),
    any: wait([child]),
  };
  for (const waiting of Object.values(waits)) waiting.catch(() => {});
  await stage.status();
  const started = starting.start();
  started.catch(() => {});
  const { sentinel } = starting;
  await stage.killServer();
  for (const [name, waiting] of Object.entries({ ...waits, "a new sentinel": child.sentinel }))
    await assert.rejects(within<unknown>(waiting, name), { name: "Closed" }, name);
  // This one may have been started before.
  await within(
    started.catch(() => {}),
    "start",
  );
  await assert.rejects(within(sentinel, "the sentinel of one that was starting"), { name: "Closed" });
});

test("when a private server is killed, its script gets an error, and no child is left", async (t) => {
  const script = startScript(t, "survives-server", []);
  const { server, child } = JSON.parse(await script.line()) as { server: number; child: number };
  assert.ok(isLiving(child));
  process.kill(server, "SIGKILL");
  await waitFor(() => !isLiving(child), { what: "the end of all children" });
  assert.equal(await script.line(), "Closed: the connection to the server has ended before the result came");
  // The next object begins with a server of its own.
  assert.equal(await script.line(), "again: 42");
  assert.equal(await script.exited(), 0);
  assert.equal(script.stderr(), "");
  await script.familyGone();
});

test("SIGTERM, SIGINT and SIGHUP end the server in order: no child, no socket, exit status 0", async (t) => {
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    const stage = await setStage(t);
    const said = new stage.mp.Queue<number>();
    const child = new stage.mp.Process({
      target: task(spawningMeta, spawning.startFamily),
      args: [family, ["stubborn"], said],
    });
    await child.start();
    for (let i = 0; i < 5; i++) await within(said.get(), "a member of the family");
    process.kill(stage.server.process.pid!, signal);
    assert.equal(await stage.server.exited(), 0);
    assert.equal(stage.server.stderr(), "");
    await waitFor(() => stage.marked().length === 0, { what: "the end of all children" });
  }
});

test("a guardian that is killed repeatedly is replaced each time, and the last one works", async (t) => {
  const stage = await setStage(t);
  const said = new stage.mp.Queue<number>();
  await new stage.mp.Process({ target: task(meta, tasks.sayPidAndSpin), args: [said] }).start();
  const pid = await within(said.get(), "the child's pid");
  const server = stage.server.process.pid!;
  let guardian = await waitFor(() => guardianOf(server), { what: "the guardian" });
  for (let kills = 0; kills < 5; kills++) {
    const last = guardian;
    process.kill(last, "SIGKILL");
    guardian = await waitFor(
      () => {
        const next = guardianOf(server);
        return next !== last && next;
      },
      { what: "another guardian" },
    );
  }
  assert.equal((await stage.status()).guardianPid, guardian);
  await stage.killServer();
  await waitFor(() => !isLiving(pid), { what: "the end of all children" });
});

test("a socket that a killed server left behind does not keep the next one from starting", async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, "s");
  const { startServer } = await import("../server/server-process.js");
  const first = await startServer(t, ["--listen", `unix:${path}`]);
  first.process.kill("SIGKILL");
  await first.exited();
  const second = await startServer(t, ["--listen", `unix:${path}`]);
  assert.deepEqual(second.addresses, [`unix:${path}`]);
  second.process.kill("SIGTERM");
  assert.equal(await second.exited(), 0);
});

function guardianOf(server: number): number | undefined {
  return [...readProcessTable().values()].find(
    (row) => row.parentPid === server && row.command().includes("polyproc-guardian"),
  )?.pid;
}
