import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { waitFor } from "../deadline.js";
import { temporaryFolder } from "../temporary-folder.js";
import { functions, run, serve, start, type Running, type Server } from "./polyproc.js";

/** A server with a named process that has a child, a map of two commands, and a map of a function. */
async function busyServer(t: TestContext): Promise<{ server: Server; end: () => Promise<void> }> {
  const server = await serve(t);
  const folder = temporaryFolder(t);
  const { env } = server;
  const wait = 'until [ -e "$0/go" ]; do : > "$0/waits"; sleep 0.02; done';
  const named = start(t, ["run", "--name", "nightly", "--", "sh", "-c", `sh -c '${wait}' "$0"; true`, folder], { env });
  const commands = start(
    t,
    ["map", "-q", "-j", "2", "a", "b", "c", "--", "sh", "-c", `echo x >> "$0/begun.sh"; ${wait}`, folder],
    { env },
  );
  const gated = start(
    t,
    ["map", "-q", "-j", "1", "--module", functions, "--export", "gated", `${folder}/1`, `${folder}/2`],
    { env },
  );
  const lines = (name: string) =>
    existsSync(join(folder, name)) ? readFileSync(join(folder, name), "utf8").split("\n").length - 1 : 0;
  const isThere = () => existsSync(join(folder, "waits"));
  await waitFor(() => lines("begun.sh") === 2 && lines("begun") === 1 && isThere(), { what: "all that is to run" });
  await waitFor(async () => / nightly +running/.test((await run(t, ["ps"], { env })).stdout), { intervalMs: 50 });
  return {
    server,
    async end() {
      writeFileSync(join(folder, "go"), "");
      for (const running of [named, commands, gated] satisfies Running[])
        assert.equal((await running.ended()).status, 0);
    },
  };
}

test("ps lists running processes; --tree shows parents; -a adds ended ones; --json prints everything", async (t) => {
  const { server, end } = await busyServer(t);
  const { env } = server;

  const list = await run(t, ["ps"], { env });
  assert.equal(list.status, 0);
  const [head, ...rows] = list.stdout.trimEnd().split("\n");
  assert.match(head!, /^ *PID {2}NAME +STATE +AGE +CPU +MEMORY +RUNS$/);
  assert.equal(rows.length, 4);
  assert.match(list.stdout, /^ *\d+ {2}nightly +running +[\d.]+ m?s +\d+ % +[\d.]+ [KM]iB {2}sh -c/m);
  assert.match(list.stdout, /^ *\d+ {2}item 0 +running /m);
  assert.match(list.stdout, /^ *\d+ {2}PoolWorker-1 +running .* item 0 for /m);

  const tree = (await run(t, ["ps", "--tree"], { env })).stdout;
  assert.match(tree, /^server \d+ +running .* unix:/m);
  assert.match(
    tree,
    /─ client s\d+ polyproc run\n.*─ \d+ nightly .*\n.*─ \d+ sh -c until/,
    "a process, and its child that the server did not start",
  );
  assert.match(tree, /─ pool:s\d+\.1 sh -c echo x .* running +2 of 2 busy, 0 queued, 0 done\n.*─ \d+ item 0 /);
  assert.match(
    tree,
    /─ pool:s\d+\.1 functions\.mjs#gated +running +1 of 1 busy, \d queued, 0 done\n.*─ \d+ PoolWorker-1 /,
  );
  assert.doesNotMatch(tree, /warm/);

  const {
    server: status,
    processes,
    pools,
  } = JSON.parse((await run(t, ["ps", "--json"], { env })).stdout) as Record<string, Record<string, unknown>[]> & {
    server: { pid: number };
  };
  assert.equal(status.pid, server.running.pid);
  assert.deepEqual(processes!.map(({ role }) => String(role)).sort(), ["process", "task", "task", "worker"]);
  assert.equal(pools!.length, 2);
  const nightly = processes!.find(({ name }) => name === "nightly")!;
  assert.ok((nightly["usage"] as { memoryBytes: number }).memoryBytes > 0);

  await end();
  assert.doesNotMatch((await run(t, ["ps"], { env })).stdout, /nightly/);
  const all = async () => (await run(t, ["ps", "-a"], { env })).stdout;
  assert.match(await all(), /^ *\d+ {2}nightly +ended +/m);
  await waitFor(async () => / warm +/.test(await all()), { what: "a warm host" });
  assert.match((await run(t, ["ps", "-a", "--tree"], { env })).stdout, /─ \d+ item 2 +ended/);
});

test("without a terminal, top prints once: pools, then processes", async (t) => {
  const { server, end } = await busyServer(t);
  const { status, stdout } = await run(t, ["top"], { env: server.env });
  assert.equal(status, 0);
  const [first, counts, empty, pools] = stdout.split("\n");
  assert.match(first!, /^polyproc \d.* {2}unix:.* {2}up /);
  assert.match(counts!, /^\d+ sessions, \d+ objects, \d+ waiting, 4 processes, \d+ warm +CPU \d+ % +memory \d+ MiB$/);
  assert.equal(empty, "");
  assert.match(pools!, /^POOL /);
  assert.match(stdout, /^pool:s\d+\.1 +running +2 +2 +0 +0 +0 +sh -c echo x /m);
  assert.match(stdout, /^ *\d+ {2}nightly /m);
  await end();
});
