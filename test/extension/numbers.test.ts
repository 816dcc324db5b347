import assert from "node:assert/strict";
import { test } from "node:test";
import { connectionDetails } from "../../extension/connection-details.js";
import { numbersOf, statusText, whatRuns } from "../../extension/numbers.js";

type Given = Parameters<typeof numbersOf>[0];

test("the numbers of the status bar: slots of all pools, running processes, unfinished runs", () => {
  const map = (...entries: object[]) => new Map(entries.map((entry, index) => [String(index), entry]));
  const given = {
    pools: map({ busy: 2, processes: 4, queued: 10 }, { busy: 1, processes: 1, queued: 0 }),
    processes: map({ state: "running" }, { state: "starting" }, { state: "exited" }),
    runs: map({ endedAt: null }, { endedAt: 5 }),
    deadlocks: map({}),
  } as unknown as Given;
  assert.deepEqual(numbersOf(given), {
    ...{ busy: 3, total: 5, onCluster: null },
    ...{ queued: 10, running: 2, runs: 1, deadlocks: 1 },
  });
});

test("a pool on a cluster counts by its running tasks: its limit is no number of slots", () => {
  const pools = new Map<string, object>([
    ["local", { busy: 2, processes: 4, queued: 1 }],
    ["remote", { busy: 3, processes: 4096, queued: 9, cluster: "redis://127.0.0.1" }],
  ]);
  const given = { pools, processes: new Map(), runs: new Map(), deadlocks: new Map() } as unknown as Given;
  const { busy, total, onCluster, queued } = numbersOf(given);
  assert.deepEqual({ busy, total, onCluster, queued }, { busy: 2, total: 4, onCluster: 3, queued: 10 });
});

test("the text of the status bar: workers here, tasks and slots of the cluster, and what waits", () => {
  const none = { busy: 0, total: 0, onCluster: null, queued: 0, running: 0, runs: 0, deadlocks: 0 };
  assert.equal(statusText(none, null), "$(server-process)");
  assert.equal(statusText({ ...none, running: 2 }, null), "$(server-process) 2");
  assert.equal(statusText({ ...none, busy: 2, total: 4, queued: 1200 }, null), "$(server-process) 2/4 +1,200");
  assert.equal(statusText({ ...none, onCluster: 3, queued: 17 }, null), "$(server-environment) 3 +17");
  assert.equal(statusText({ ...none, onCluster: 3 }, 8), "$(server-environment) 3/8");
  assert.equal(
    statusText({ ...none, busy: 1, total: 2, onCluster: 3 }, 8),
    "$(server-process) 1/2 $(server-environment) 3/8",
  );
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
