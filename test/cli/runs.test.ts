import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { formatDuration } from "../../protocol/duration.js";
import type { RunInfo } from "../../protocol/run.js";
import { connect } from "../../bindings/typescript/client.js";
import { waitFor } from "../deadline.js";
import { temporaryFolder } from "../temporary-folder.js";
import { functions, run, serve, start, type Server, type TestContext } from "./polyproc.js";

/** The runs that `polyproc runs --json` shows. */
async function runs(t: TestContext, { env }: Server): Promise<RunInfo[]> {
  return (JSON.parse((await run(t, ["runs", "--json"], { env })).stdout) as { runs: RunInfo[] }).runs;
}

test("map --detach hands its items to the server; attach prints outcomes with map's exit status", async (t) => {
  const server = await serve(t);
  const { env } = server;
  const folder = temporaryFolder(t);
  const script = 'until [ -e "$0/go" ]; do sleep 0.02; done; echo "got $1"; test "$1" != bad';
  const started = await run(
    t,
    ["map", "--detach", "--name", "nightly", "-j", "2", "a", "bad", "c", "--", "sh", "-c", script, folder],
    { env, cwd: folder },
  );
  assert.equal(started.status, 0, started.stderr);
  const handle = started.stdout.trim();
  assert.match(handle, /^run:s\d+\.\d+$/);

  const list = await run(t, ["runs"], { env });
  assert.match(
    list.stdout,
    /^RUN +STATE +DONE +FAILED +TOTAL +TIME +NAME\nrun:s\d+\.\d+ +running +0 +0 +3 .* nightly\n$/,
  );
  assert.match((await run(t, ["ps", "--tree"], { env })).stdout, /─ runs\n.*─ pool:server\.1 nightly +running/);

  const early = start(t, ["attach", "nightly", "--tag"], { env });
  writeFileSync(join(folder, "go"), "");
  const first = await early.ended();
  assert.deepEqual([first.status, first.stdout.split("\n").sort()], [1, ["", "a\tgot a", "bad\tgot bad", "c\tgot c"]]);
  assert.match(first.stderr, /^polyproc: bad: exit code 1$/m);
  assert.match(first.stderr, /2 done, 1 failed in /);

  const late = await run(t, ["attach", handle, "-k", "--json", "-q"], { env });
  assert.equal(late.status, 1);
  const records = late.stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { index: number; item: string; ok: boolean });
  assert.deepEqual(
    records.map(({ index, item, ok }) => [index, item, ok]),
    [
      [0, "a", true],
      [1, "bad", false],
      [2, "c", true],
    ],
  );

  assert.equal((await run(t, ["runs", "--forget", "nightly"], { env })).status, 0);
  assert.deepEqual(await runs(t, server), []);
});

test("functions run detached, in chunks, from standard input; their results are lines of JSON", async (t) => {
  const server = await serve(t);
  const { env } = server;
  const { stdout, status, stderr } = await run(
    t,
    ["map", "--detach", "--module", functions, "--export", "length", "--chunk-size", "2"],
    { env, input: "a\nbb\nccc\ndddd\neeeee\n" },
  );
  assert.equal(status, 0, stderr);
  const attached = await run(t, ["attach", stdout.trim(), "-k"], { env });
  assert.deepEqual(
    [attached.status, attached.stdout],
    [
      0,
      ["a", "bb", "ccc", "dddd", "eeeee"].map((item) => `${JSON.stringify({ item, length: item.length })}\n`).join(""),
    ],
  );
});

test("Ctrl-C in attach leaves the run alone, kill cancels it", async (t) => {
  const server = await serve(t);
  const { env } = server;
  const folder = temporaryFolder(t);
  const script = 'if [ "$1" = 0 ]; then echo zero; else echo $$ > "$0/pid"; exec sleep 600; fi';
  const handle = (
    await run(
      t,
      ["map", "--detach", "--name", "slow", "-j", "1", "0", "1", "2", "3", "--", "sh", "-c", script, folder],
      { env },
    )
  ).stdout.trim();
  const attached = start(t, ["attach", handle], { env });
  await waitFor(() => attached.stdout() === "zero\n", { what: "what is done already" });
  await waitFor(() => existsSync(join(folder, "pid")) && readFileSync(join(folder, "pid"), "utf8").endsWith("\n"));
  assert.match((await run(t, ["ps", "--json"], { env })).stdout, /"name": "polyproc attach"/);
  attached.signal("SIGINT");
  const left = await attached.ended();
  assert.equal(left.status, "SIGINT");
  assert.match(left.stderr, /the run goes on; polyproc attach run:\S+ follows it again/);
  assert.equal((await runs(t, server))[0]!.state, "running");

  assert.equal((await run(t, ["kill", "slow", "--grace", "1"], { env })).status, 0);
  assert.deepEqual(
    (await runs(t, server)).map(({ state, cancelled, endedAt }) => [state, cancelled, endedAt !== null]),
    [["cancelled", 3, true]],
  );
  const [{ startedAt, endedAt }] = (await runs(t, server)) as [RunInfo];
  const again = await run(t, ["attach", handle], { env });
  assert.equal(again.status, 1);
  assert.match(
    again.stderr,
    new RegExp(`not finished in ${formatDuration(endedAt! - startedAt)}\n$`),
    "the run's own duration",
  );
});

test("a map that cannot be detached, or a run that cannot be attached, is refused with the reason", async (t) => {
  const server = await serve(t);
  const { env } = server;
  const said = async (args: string[], status: number, text: RegExp) => {
    const ended = await run(t, args, { env });
    assert.deepEqual([ended.status, ended.stdout], [status, ""]);
    assert.match(ended.stderr, text);
  };
  await said(["map", "--detach", "--json", "a", "--", "echo"], 2, /give them to polyproc attach/);
  await said(["map", "--name", "x", "a", "--", "echo"], 2, /use it with --detach/);
  await said(["map", "--detach", "--json-items", "{", "--", "echo"], 2, /not JSON.*with --detach every item/);
  await said(["attach", "nobody"], 1, /no run of this server is "nobody"; polyproc runs lists them/);
  await said(["kill", "run:s1.99"], 1, /there is no run run:s1\.99/);
  const alone = await run(t, ["map", "--detach", "a", "--", "echo"]);
  assert.deepEqual([alone.status, alone.stdout], [69, ""]);
});

test("runs export writes a trace with waits for a lock, explain names it, compare tells what changed", async (t) => {
  const server = await serve(t);
  const { env } = server;
  const folder = temporaryFolder(t);
  const detached = async (...args: string[]) => {
    const { stdout, stderr, status } = await run(t, ["map", "--detach", ...args], { env, cwd: folder });
    assert.equal(status, 0, stderr);
    await run(t, ["attach", "-q", stdout.trim()], { env });
    return stdout.trim();
  };
  const locking = join(functions, "../locked.mjs");
  // The workers wait for this lock at least a second, which is most of their time.
  const client = await connect(server.address);
  t.after(() => client.close());
  const lock = new client.Lock({ name: "db" });
  await lock.acquire();
  const released = waitFor(
    async () =>
      (await lock.connection.request("server/waits", {})).waits.some(({ since }) => Date.now() - since > 1000),
    { what: "a worker that waits" },
  ).then(() => lock.release());
  const locked = await detached("-j", "3", "--module", locking, "--export", "locked", "a", "b", "c", "d", "e", "f");
  await released;
  const file = join(folder, "trace.json");
  assert.equal((await run(t, ["runs", "export", locked, "-f", "trace", "-o", file], { env })).status, 0);
  const { traceEvents } = JSON.parse(readFileSync(file, "utf8")) as { traceEvents: { ph: string; name: string }[] };
  const named = (phase: string) => traceEvents.filter(({ ph }) => ph === phase).map(({ name }) => name);
  assert.deepEqual(named("X").sort(), ["a", "b", "c", "d", "e", "f"]);
  assert.ok(named("b").includes("held: lock db"));
  assert.match(
    (await run(t, ["runs", "explain", locked], { env })).stdout,
    /^\d+ % of the items' time is waiting for lock db$/m,
  );
  const csv = await run(t, ["runs", "export", locked], { env });
  assert.equal(csv.stdout.split("\r\n").length, 8);
  assert.match(csv.stdout, /^index,item,state,.*\r\n0,a,done,/);

  const check = ["a", "b", "--", "sh", "-c", 'test ! -e "$0/$1"', folder];
  writeFileSync(join(folder, "b"), "");
  const first = await detached(...check);
  rmSync(join(folder, "b"));
  writeFileSync(join(folder, "a"), "");
  const second = await detached(...check);
  const compared = await run(t, ["runs", "compare", first, second, "--slower", "1000"], { env });
  assert.deepEqual(
    [compared.status, compared.stdout],
    [1, "newly failed: 1\n  a: exit code 1\n\nnewly passed: 1\n  b\n"],
  );
});
