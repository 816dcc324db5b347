import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { waitFor } from "../deadline.js";
import { isLiving } from "../living.js";
import { temporaryFolder } from "../temporary-folder.js";
import { run, serve, start, type Running, type Server } from "./polyproc.js";

interface Victim {
  running: Running;
  /** Pids of the command and of its child. */
  pids: number[];
}

async function victim(t: TestContext, { env }: Server, name: string, deaf = false): Promise<Victim> {
  const folder = temporaryFolder(t);
  const running = start(
    t,
    [
      "run",
      "--name",
      name,
      "--",
      "sh",
      "-c",
      `${deaf ? "trap '' TERM;" : ""} sleep 600 & echo "$$ $!" > "$0/pids"; echo ready; wait; sleep 600`,
      folder,
    ],
    { env },
  );
  await waitFor(() => running.stdout() === "ready\n");
  return { running, pids: readFileSync(join(folder, "pids"), "utf8").trim().split(" ").map(Number) };
}

async function gone({ running, pids }: Victim, status: number): Promise<void> {
  assert.equal((await running.ended()).status, status);
  await waitFor(() => !pids.some(isLiving), { what: "the end of the tree" });
}

test("a process is named by pid, by name or by handle", async (t) => {
  const server = await serve(t);
  const { env } = server;
  for (const how of ["pid", "name", "handle"]) {
    const one = await victim(t, server, "one");
    const { processes } = JSON.parse((await run(t, ["ps", "--json"], { env })).stdout) as {
      processes: { process: string; pid: number }[];
    };
    const name = how === "pid" ? String(one.pids[0]) : how === "name" ? "one" : processes[0]!.process;
    const { status, stdout } = await run(t, ["kill", name], { env });
    assert.deepEqual([status, stdout], [0, `${one.pids[0]} one: sent SIGTERM\n`], how);
    await gone(one, 143);
  }
});

test("--grace kills what ignores SIGTERM, waits for the end and reports it; --signal KILL kills at once", async (t) => {
  const server = await serve(t);
  const { env } = server;
  const deaf = await victim(t, server, "deaf", true);
  const first = await run(t, ["kill", "deaf", "--grace", "200ms"], { env });
  assert.deepEqual([first.status, first.stdout], [0, `${deaf.pids[0]} deaf: killed by SIGKILL\n`]);
  await gone(deaf, 137);
  const again = await victim(t, server, "again", true);
  const second = await run(t, ["kill", "again", "-s", "KILL"], { env });
  assert.deepEqual([second.status, second.stdout], [0, `${again.pids[0]} again: killed by SIGKILL\n`]);
  await gone(again, 137);
});

test("a missing process and an ambiguous name are reported, and the other processes are ended", async (t) => {
  const server = await serve(t);
  const { env } = server;
  const [a, b, c] = [
    await victim(t, server, "twin"),
    await victim(t, server, "twin"),
    await victim(t, server, "other"),
  ];
  const { status, stdout, stderr } = await run(t, ["kill", "twin", "999999999", "nobody", "other"], { env });
  assert.deepEqual([status, stdout], [1, `${c.pids[0]} other: sent SIGTERM\n`]);
  assert.deepEqual(stderr.trimEnd().split("\n"), [
    `polyproc: 2 processes are called "twin"; name one by its pid: ${a.pids[0]}, ${b.pids[0]}`,
    "polyproc: no process of this server is pid 999999999; polyproc ps lists them",
    'polyproc: no process and no run in progress of this server is "nobody"; polyproc ps and polyproc runs list them',
  ]);
  await gone(c, 143);
  assert.equal((await run(t, ["kill", "--all", "--grace", "5"], { env })).status, 0);
  await gone(a, 143);
  await gone(b, 143);
});

test("an item's command that is killed fails its item; a pool that is killed ends its map", async (t) => {
  const server = await serve(t);
  const { env } = server;
  const folder = temporaryFolder(t);
  const script = 'test "$1" = 2 || echo $$ > "$0/pid$1"; test "$1" = 2 || sleep 600; echo "$1"';
  const map = start(t, ["map", "-j", "1", "-q", "1", "2", "3", "4", "--", "sh", "-c", script, folder], { env });
  const pid = async (n: number) => {
    await waitFor(
      () => existsSync(join(folder, `pid${n}`)) && readFileSync(join(folder, `pid${n}`), "utf8").endsWith("\n"),
    );
    return readFileSync(join(folder, `pid${n}`), "utf8").trim();
  };
  assert.equal((await run(t, ["kill", await pid(1), "-s", "KILL"], { env })).status, 0);
  const third = await pid(3);
  const { pools } = JSON.parse((await run(t, ["ps", "--json"], { env })).stdout) as { pools: { pool: string }[] };
  assert.equal((await run(t, ["kill", pools[0]!.pool], { env })).status, 0);
  const { status, stdout, stderr } = await map.ended();
  assert.deepEqual([status, stdout], [1, "2\n"]);
  assert.match(stderr, /^polyproc: 1: killed by SIGKILL\npolyproc: 3: the pool was terminated\n/);
  await waitFor(() => !isLiving(Number(third)));
});

test("--all also ends the pools", async (t) => {
  const server = await serve(t);
  const { env } = server;
  const one = await victim(t, server, "one");
  const map = start(t, ["map", "-q", "-j", "2", "600", "600", "600", "--", "sleep"], { env });
  await waitFor(async () => /2 of 2 busy/.test((await run(t, ["ps", "--tree"], { env })).stdout), { intervalMs: 20 });
  assert.equal((await run(t, ["kill", "--all"], { env })).status, 0);
  await gone(one, 143);
  assert.equal((await map.ended()).status, 1);
});

test("contradictions are usage errors", async (t) => {
  for (const args of [
    ["--all", "1"],
    ["x", "--signal", "HUP"],
  ]) {
    const { status, stderr } = await run(t, ["kill", ...args]);
    assert.equal(status, 2, args.join(" "));
    assert.match(stderr, /^polyproc: [^\n]+\n$/);
  }
});
