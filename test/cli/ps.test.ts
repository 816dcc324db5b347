import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { connect } from "../../bindings/typescript/client.js";
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

test("ps --why names the holder of a lock, the limit of a pool, and a wait that no process can end", async (t) => {
  const server = await serve(t);
  const { env } = server;
  const [client, other] = [await connect(server.address, { name: "shop.js" }), await connect(server.address)];
  t.after(() => Promise.all([client.close(), other.close()]));
  const pool = new other.Pool({ processes: 2 });
  const tasks = pool.map({ module: functions, export: "keep" }, [1, 2, 3, 4, 5]).catch((error: Error) => error.name);
  const lock = new client.Lock({ name: "till" });
  await lock.acquire();
  const waiter = start(t, ["lock", "till", "--", "true"], { env });
  const producer = new client.Process({ target: { module: functions, export: "keep" }, args: [] });
  const queue = new client.Queue();
  const holder = new client.Process({ target: { module: functions, export: "keep" }, args: [queue] });
  await producer.start();
  await holder.start();
  const got = queue.get().then(
    () => "an item",
    (error: Error) => error.name,
  );
  const why = async (...more: string[]) => (await run(t, ["ps", "--why", ...more], { env })).stdout;
  const shows = (pattern: RegExp) => waitFor(async () => pattern.test(await why()), { what: String(pattern) });
  await shows(new RegExp(`waits \\d+ s for lock till, held by pid ${process.pid} \\(shop\\.js\\) for \\d+ s`));
  await shows(/waits \d+ s for an item of queue s\d+\.\d+; pid \d+ \(.*\) can send one/);
  await shows(/- +pool:\S+ +\d queued tasks wait: the limit is reached, 2 of 2 processes are busy/);
  assert.deepEqual((JSON.parse(await why("--json")) as { deadlocks: unknown[] }).deadlocks, []);

  await holder.kill();
  await producer.kill();
  await shows(/^deadlock d\d+: .*shop\.js.* waits for queue s\d+\.\d+; every other process that could use/m);
  const { deadlocks } = JSON.parse(await why("--json")) as { deadlocks: { deadlock: string }[] };
  await lock.connection.request("deadlock/break", { deadlock: deadlocks[0]!.deadlock });
  assert.equal(await got, "Deadlock");
  await lock.release();
  assert.equal((await waiter.ended()).status, 0);
  await pool.terminate();
  assert.equal(await tasks, "Cancelled");
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
