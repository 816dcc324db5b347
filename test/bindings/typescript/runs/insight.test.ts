import assert from "node:assert/strict";
import { test } from "node:test";
import { compareRuns, comparisonText } from "../../../../bindings/typescript/runs/compare.js";
import { insights } from "../../../../bindings/typescript/runs/insight.js";
import type { RunRecord, RunRow } from "../../../../bindings/typescript/runs/run-record.js";
import { resultsTrace, type RunWaits } from "../../../../bindings/typescript/runs/trace.js";

const noWaits: RunWaits = { waits: [], dropped: 0, totals: [] };

function row(index: number, more: Partial<RunRow> = {}): RunRow {
  const base = { index, chunk: index, label: `item ${index}`, file: null, attempt: 1 };
  return { ...base, state: "done", pid: 7, startedAt: 1000, ms: 100, ...more };
}

function record(rows: RunRow[], info: Partial<RunRecord["info"]> = {}): RunRecord {
  const items = rows.map(({ label }) => ({ value: label }));
  return {
    request: { name: "a run", target: { module: "/m.js" }, items },
    info: { state: "done", startedAt: 1000, endedAt: 2000, processes: 2, chunkSize: 1, ...info },
    rows,
  };
}

test("an insight names the lock or queue for which the items waited most of their time", () => {
  const rows = [row(0, { ms: 1000 }), row(1, { ms: 1000, pid: 8 })];
  const totals = [
    { object: "lock:@db", reason: "held" as const, ms: 1440, count: 2 },
    { object: "queue:s1.2", reason: "empty" as const, ms: 500, count: 9 },
    { object: "event:s1.3", reason: "notSet" as const, ms: 10, count: 1 },
  ];
  assert.deepEqual(insights(record(rows), { ...noWaits, totals }), [
    "72 % of the items' time is waiting for lock db",
    "25 % of the items' time is waiting for items of queue s1.2",
  ]);
  assert.deepEqual(insights(record(rows), noWaits), [], "nothing stands out");
});

test("an insight names an idle worker, and whether chunks, one long item or a late start made it idle", () => {
  const chunked = [0, 1, 2].map((index) => row(index, { chunk: index < 2 ? 0 : 2, pid: index < 2 ? 7 : 8, ms: 500 }));
  assert.deepEqual(insights(record(chunked, { chunkSize: 2 }), noWaits), [
    "worker 2 (pid 8) is idle 50 % of the time: chunk size 2 is too large for 3 items",
  ]);
  const long = [row(0, { ms: 1000 }), row(1, { ms: 300, pid: 8 })];
  assert.deepEqual(insights(record(long), noWaits), [
    "worker 2 (pid 8) is idle 70 % of the time: item item 0 alone takes 1.0 s of 1.0 s",
  ]);
  const late = [0, 1, 2].map((index) => row(index, { ms: 450, startedAt: 1000 + index * 450 }));
  late[2] = row(2, { pid: 8, startedAt: 1600, ms: 400 });
  assert.deepEqual(insights(record(late), noWaits), [
    "worker 2 (pid 8) is idle 60 % of the time: its first item began after 600 ms",
  ]);
  const commands = [0, 1, 2, 3].map((index) => row(index, { pid: 10 + index, ms: 10 }));
  assert.deepEqual(insights(record(commands), noWaits), [], "each command has a pid of its own");
});

test("a comparison lists what newly failed, newly passed, became slower, is new or is missing", () => {
  const error = { code: 1012, message: "it broke" };
  const before = record([
    row(0),
    row(1, { state: "failed", error }),
    row(2, { ms: 100 }),
    row(3, { ms: 1 }),
    row(4, { label: "old" }),
    row(5, { label: "twin" }),
    row(6, { label: "twin" }),
  ]);
  const after = record([
    row(0, { state: "failed", error }),
    row(1),
    row(2, { ms: 250 }),
    row(3, { ms: 3 }),
    row(4, { label: "new" }),
    row(5, { label: "twin" }),
    row(6, { label: "twin", state: "failed", error }),
  ]);
  assert.deepEqual(comparisonText(compareRuns(before, after, 2), 2), [
    "newly failed: 2",
    "  item 0: Error: it broke",
    "  twin: Error: it broke",
    "",
    "newly passed: 1",
    "  item 1",
    "",
    "slower by more than 2 times: 1",
    "  item 2: 100 ms before, 250 ms now (2.5 times)",
    "",
    "only in the first run: 1",
    "  old",
    "",
    "only in the second run: 1",
    "  new",
  ]);
  assert.deepEqual(comparisonText(compareRuns(before, before, 2), 2), ["no item differs"]);
});

test("a trace has a track for each worker, with its items and its waits, in microseconds", async () => {
  const rows = [row(0), row(1, { pid: 8, startedAt: 1050.5, ms: 10 }), row(2, { state: "queued", startedAt: null })];
  const waits = {
    ...noWaits,
    waits: [{ pid: 7, object: "lock:@db", reason: "held" as const, startedAt: 1010, ms: 20 }],
  };
  let text = "";
  for await (const part of resultsTrace(record(rows), [0, 1, 2], waits)) text += part;
  const { traceEvents } = JSON.parse(text) as { traceEvents: Record<string, unknown>[] };
  const of = (ph: string) => traceEvents.filter((event) => event["ph"] === ph);
  assert.deepEqual(
    of("X").map(({ name, pid, tid, ts, dur }) => ({ name, pid, tid, ts, dur })),
    [
      { name: "item 0", pid: 7, tid: 7, ts: 0, dur: 100_000 },
      { name: "item 1", pid: 8, tid: 8, ts: 50_500, dur: 10_000 },
    ],
  );
  assert.deepEqual(
    [...of("b"), ...of("e")].map(({ name, pid, id, ts }) => ({ name, pid, id, ts })),
    [
      { name: "held: lock db", pid: 7, id: 0, ts: 10_000 },
      { name: "held: lock db", pid: 7, id: 0, ts: 30_000 },
    ],
  );
  assert.deepEqual(
    of("M").map(({ args }) => args),
    [{ name: "a run" }, { name: "worker 7" }, { name: "worker 8" }],
  );
  assert.deepEqual(
    of("C").map(({ ts, args }) => [ts, args]),
    [
      [0, { running: 0, queued: 3 }],
      [0, { running: 1, queued: 2 }],
      [50_500, { running: 2, queued: 1 }],
      [60_500, { running: 1, queued: 1 }],
      [100_000, { running: 0, queued: 1 }],
    ],
  );
});
