import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { isReached, parseHalt } from "../../../../cli/map/limits/halt.js";
import { size } from "../../../../cli/map/limits/limit-options.js";
import { MapRun } from "../../../../cli/map/map-run.js";
import { Median } from "../../../../cli/map/limits/median.js";
import type { Outcome } from "../../../../cli/map/outcome.js";
import { Suspender } from "../../../../cli/map/limits/suspender.js";
import { Pace } from "../../../../cli/map/limits/pace.js";
import { openAnyServer } from "../../../../cli/server-link.js";
import { waitFor } from "../../../deadline.js";
import { temporaryFolder } from "../../../temporary-folder.js";
import { run, start, words } from "../../polyproc.js";

test("--halt counts failures, successes and ends, or their part of all items", () => {
  const counts = { done: 2, failed: 1, total: 10 };
  const reached = (text: string) => isReached(parseHalt(text), counts);
  assert.deepEqual(
    ["never", "now", "soon,fail=2", "now,success=2", "soon,done=4", "now,fail=10%", "now,fail=11%", "-2", "30%"].map(
      reached,
    ),
    [false, true, false, true, false, true, false, true, false],
  );
  assert.equal(isReached(parseHalt("now,fail=1%"), { done: 0, failed: 2, total: 100 }), false, "only two have ended");
  assert.equal(isReached(parseHalt("now,fail=50%"), { done: 2, failed: 2, total: null }), true);
  for (const text of ["now,fail=0", "later", "now,fail=101%", "now,lost=1", ""])
    assert.throws(() => parseHalt(text), /Expected never/);
});

test("sizes have units; the median is the middle", () => {
  assert.deepEqual(["10", "2k", "1.5K", "2G"].map(size), [10, 2000, 1536, 2 ** 31]);
  for (const text of ["", "1Q", "-1", "G"]) assert.throws(() => size(text), /Expected a size/);
  const median = new Median();
  for (const value of [5, 1, 9]) median.add(value);
  assert.equal(median.value, 5);
  median.add(7);
  assert.equal(median.value, 6);
});

test("--delay is the time between two starts; --memfree waits, and says for what", () => {
  const pace = new Pace({ delayMs: 300, maxLoad: null, minFreeBytes: null });
  assert.equal(pace.wait(1000), 0);
  pace.started(1000);
  assert.deepEqual([pace.wait(1100), pace.wait(1300)], [200, 0]);
  const short = new Pace({ delayMs: 0, maxLoad: null, minFreeBytes: 2 ** 60 });
  assert.ok(short.wait(0) > 0);
  assert.ok(short.isShort);
  assert.match(short.obstacle ?? "", /MB of memory are free, and --memfree is \d+ MB/);
  assert.equal(new Pace({ delayMs: 0, maxLoad: 1e6, minFreeBytes: 1 }).wait(0), 0);
});

test("--memsuspend stops the youngest first, all but the oldest when memory is very short, and continues them", () => {
  let free = 1000;
  const said: string[] = [];
  const suspender = new Suspender(100, {
    freeMemory: () => free,
    signal: (pid, signal) => said.push(`${signal === "SIGSTOP" ? "-" : "+"}${pid}`),
  });
  const after = (bytes: number, pids: number[]) => {
    free = bytes;
    suspender.look(pids);
    return said.splice(0).join(" ");
  };
  assert.equal(after(1000, [1, 2, 3, 4]), "");
  assert.equal(after(150, [1, 2, 3, 4]), "-4");
  assert.equal(after(150, [1, 2, 3, 4]), "-3");
  assert.ok(suspender.isShort);
  assert.equal(after(99, [1, 2, 3, 4]), "-2");
  assert.equal(after(99, [2, 3, 4]), "+2", "the oldest has ended: the next one runs");
  assert.equal(after(500, [2, 3, 4]), "+3");
  assert.equal(after(500, [2, 3, 4]), "+4");
  assert.equal(suspender.isShort, false);
  after(50, [2, 3, 4]);
  suspender.end();
  assert.deepEqual(said.splice(0), ["+3", "+4"]);
});

test("--memsuspend: while memory is short, items run one after the other, and all succeed", async (t) => {
  const { status, stdout } = await run(t, words("map -q -k -j 4 --memsuspend 1000T -- echo ::: a b c"));
  assert.deepEqual([status, stdout], [0, "a\nb\nc\n"]);
});

test("--retry-delay runs failed items again, later each time", async (t) => {
  const cwd = temporaryFolder(t);
  const script = 'date +%s%N >> {}; test "$(wc -l < {})" -ge 3';
  const { status } = await run(
    t,
    ["map", "-q", "--retries", "2", "--retry-delay", "100ms", "--shell", script, "a", "b"],
    {
      cwd,
    },
  );
  assert.equal(status, 0);
  const at = readFileSync(join(cwd, "a"), "utf8").trim().split("\n").map(Number);
  assert.equal(at.length, 3);
  assert.ok((at[1]! - at[0]!) / 1e6 >= 100 && (at[2]! - at[1]!) / 1e6 >= 200, `${at}`);
});

test("--split-on-failure runs the items of a command that failed one by one", async (t) => {
  const script = 'for a; do test "$a" != b || exit 3; echo "ok $a"; done';
  const { status, stdout, stderr } = await run(t, [
    ...words("map -j1 --split-on-failure -n 3 -k -- sh -c"),
    script,
    ...words("sh ::: a b c d e"),
  ]);
  assert.equal(status, 1);
  // The output of the command that failed is that of no item.
  assert.deepEqual(stdout.trim().split("\n").sort(), ["ok a", "ok c", "ok d", "ok e"]);
  assert.match(stderr, /a b c: failed; its 3 items run one by one/);
  assert.match(stderr, /b: exit code 3\n.*3 done, 1 failed/s);
});

test("--timeout 300% ends what takes much longer than the others", async (t) => {
  const { status, stderr } = await run(t, words("map -j1 --timeout 300% 0.5 0.5 0.5 600 -- sleep"));
  assert.equal(status, 1);
  assert.match(stderr, /600: .*longer than --timeout allows/);
});

test("-j FILE is read again while the map runs", async (t) => {
  const cwd = temporaryFolder(t);
  writeFileSync(join(cwd, "n"), "1");
  const script = 'touch "began$1"; until [ -e go ]; do sleep 0.05; done';
  const map = start(t, [...words("map -q -j n 1 2 3 -- sh -c"), script, "sh"], { cwd });
  const began = () => [1, 2, 3].filter((i) => existsSync(join(cwd, `began${i}`))).length;
  await waitFor(() => began() === 1, { what: "the first item" });
  writeFileSync(join(cwd, "n"), "3");
  await waitFor(() => began() === 3, { what: "the other items, after the file has changed" });
  writeFileSync(join(cwd, "go"), "");
  assert.equal((await map.ended()).status, 0);
});

test("an item that is ended for lack of memory runs again, and counts once", async (t) => {
  const folder = mkdtempSync(join(temporaryFolder(t), "d"));
  const server = await openAnyServer(undefined);
  t.after(() => server.connection.close());
  const outcomes: Outcome[] = [];
  const displaced: number[] = [];
  const script = 'echo . >> "$0/$1"; until [ -e "$0/go" ]; do sleep 0.05; done';
  const items = ["x", "y"].map((text) => ({ ok: true as const, value: text, text, fields: [text] }));
  const map: MapRun = new MapRun(
    server.connection,
    { items, total: 2, names: [], hasFields: false, stop: () => {} },
    {
      target: { command: "sh", args: ["-c", script, folder, "{item}"] },
      fill: null,
      processes: () => 2,
      chunkSize: 1,
      retries: 0,
      timeoutMs: null,
      onOutcome: (outcome) => outcomes.push(outcome),
      passesOver: () => false,
      onStarted: () => {},
      onProgress: () => {},
      onOutput: () => null,
      afterFailure: () => ({ do: "report" }),
      onDisplaced: (index) => displaced.push(index),
      pause: () => 0,
      onSubmit: () => {},
      mayFeed: () => true,
    },
  );
  const tries = (item: string) =>
    existsSync(join(folder, item)) ? readFileSync(join(folder, item), "utf8").length / 2 : 0;
  const over = map.run();
  await waitFor(() => tries("x") === 1 && tries("y") === 1, { what: "both items" });
  await waitFor(() => map.running().length === 2, { what: "the news of both" });
  const [youngest] = map.running().at(-1)!;
  map.stopItem(youngest, "displaced", 1000);
  await waitFor(() => tries(items[youngest]!.text) === 2, { what: "the second run" });
  writeFileSync(join(folder, "go"), "");
  await over;
  assert.deepEqual(displaced, [youngest]);
  assert.deepEqual(
    outcomes.map(({ kind }) => kind),
    ["done", "done"],
  );
});

test("limits that do not fit are refused", async (t) => {
  for (const [args, message] of [
    ["--memfree 1G --detach", /--memfree needs a map that waits/],
    ["--retry-delay 1", /give --retries N, too/],
    ["--split-on-failure", /use it with -n, -m or -X/],
    ["--files --json", /give one of them/],
    ["--results out.json", /--results takes a folder/],
    ["-q --eta", /-q shows no progress/],
    ["--nice 20", /Expected a whole number from 0 to 19/],
    ["-j many", /or a file that has one/],
  ] as const) {
    const { status, stderr } = await run(t, ["map", ...words(args), "a", "--", "true"]);
    assert.equal(status, 2, args);
    assert.match(stderr, message);
  }
});
