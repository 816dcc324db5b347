import assert from "node:assert/strict";
import { test } from "node:test";
import { connectionDetails } from "../../extension/connection-details.js";
import { numbersOf, whatRuns } from "../../extension/numbers.js";

type Given = Parameters<typeof numbersOf>[0];

test("the numbers of the status bar: slots of all pools, running processes, unfinished runs", () => {
  const map = (...entries: object[]) => new Map(entries.map((entry, index) => [String(index), entry]));
  const given = {
    pools: map({ busy: 2, processes: 4, queued: 10 }, { busy: 1, processes: 1, queued: 0 }),
    processes: map({ state: "running" }, { state: "starting" }, { state: "exited" }),
    runs: map({ endedAt: null }, { endedAt: 5 }),
    deadlocks: map({}),
  } as unknown as Given;
  assert.deepEqual(numbersOf(given), { busy: 3, total: 5, queued: 10, running: 2, runs: 1, deadlocks: 1 });
});

test("running processes, in words", () => {
  assert.equal(whatRuns({ running: 0, runs: 0 }), null);
  assert.equal(whatRuns({ running: 1, runs: 0 }), "1 process");
  assert.equal(whatRuns({ running: 1200, runs: 1 }), "1,200 processes and 1 run");
});

test("connection details can be pasted into a shell, whatever characters the path has", () => {
  assert.equal(
    connectionDetails("unix:/run/user/1000/polyproc/w.sock").shell,
    "export POLYPROC_ADDRESS=unix:/run/user/1000/polyproc/w.sock",
  );
  assert.equal(connectionDetails("unix:/a b/it's").shell, "export POLYPROC_ADDRESS='unix:/a b/it'\\''s'");
  assert.deepEqual(JSON.parse(connectionDetails('unix:/"').json), { POLYPROC_ADDRESS: 'unix:/"' });
});
