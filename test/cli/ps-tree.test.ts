import assert from "node:assert/strict";
import { test } from "node:test";
import { renderTree } from "../../cli/ps/process-tree.js";
import type { ServerState } from "../../cli/ps/server-state.js";
import { renderTop } from "../../cli/top/render-top.js";
import type { ProcessInfo, Usage } from "../../protocol/process.js";
import { processInfo } from "../process-info.js";

/** The pool of a run. */
const runsPool = {
  pool: "pool:server.1",
  name: "thumbnails",
  run: "run:s1.1",
  session: "server",
  state: "running" as const,
  processes: 2,
  workers: 1,
  busy: 1,
  queued: 5,
  done: 7,
  failed: 0,
};

function info(handle: string, pid: number, more: Partial<ProcessInfo> = {}): ProcessInfo {
  return processInfo(handle, pid, { target: "", cwd: "/w", startedAt: 0, ...more });
}

function usage(
  process: ProcessInfo,
  cpuPercent: number,
  descendants: [pid: number, parentPid: number, command: string][] = [],
): [string, Usage] {
  return [
    process.process,
    {
      process: process.process,
      pid: process.pid!,
      cpuPercent,
      memoryBytes: 1024,
      descendants: descendants.map(([pid, parentPid, command]) => ({
        pid,
        parentPid,
        cpuPercent: 1,
        memoryBytes: 512,
        command,
      })),
    },
  ];
}

function state(processes: ProcessInfo[], usages: [string, Usage][], morePools: ServerState["pools"] = []): ServerState {
  const server = {
    instanceId: "i",
    version: "1.2.3",
    pid: 1,
    uptimeMs: 61_000,
    rssBytes: 1024,
    heapUsedBytes: 0,
    heldBytes: 0,
    sessions: 1,
    objects: 2,
    waits: 0,
    processes: processes.length,
    warmHosts: 0,
    guardianPid: null,
    addresses: ["unix:/x"],
  };
  const pools = [{ ...runsPool, pool: "pool:s2.1", name: null, run: null, session: "s2", failed: 1 }];
  const sessions = [
    { session: "s1", role: "client" as const, name: "report.js", version: null, pid: 9, process: null, connectedAt: 0 },
  ];
  return { server, processes, pools: [...pools, ...morePools], sessions, usage: new Map(usages), at: 10_000 };
}

const parent = info("a", 10);
// Its session is s2: what it starts stands below it, and s2 is no client.
const child = info("b", 11, { parent: parent.process, session: "s2" });
const worker = info("w", 12, { parent: parent.process, session: "s2", pool: "pool:s2.1", role: "worker" });
const other = info("c", 13, { session: "s9", name: "x".repeat(50) });

test("the tree goes from the server over clients, processes and pools to their descendants", () => {
  const lines = renderTree(
    state(
      [parent, child, worker, other],
      [
        usage(parent, 0, [
          [20, 10, "sh"],
          [21, 20, "sleep 5"],
          [22, 10, "cat"],
        ]),
        usage(other, 3),
      ],
    ),
  );
  assert.match(lines[0]!, /^PROCESS +STATE +AGE +CPU +MEMORY +RUNS$/);
  assert.deepEqual(
    lines.slice(1).map((line) => line.replace(/ {2,}(running|idle|\d+ %).*/, "").trimEnd()),
    [
      "server 1",
      "├─ client s1 report.js",
      "│  └─ 10 a",
      "│     ├─ 11 b",
      "│     ├─ pool:s2.1",
      "│     │  └─ 12 w",
      "│     ├─ 20 sh",
      "│     │  └─ 21 sleep 5",
      "│     └─ 22 cat",
      "└─ client s9",
      `   └─ 13 ${"x".repeat(31)}…`,
    ],
  );
});

test("processes of a run stand below the runs, and its workers name it", () => {
  const member = info("r", 14, {
    session: "server",
    pool: "pool:server.1",
    role: "worker",
    target: "",
    task: { job: "job:server.1", index: 3, startedAt: 9000 },
  });
  const lines = renderTree(state([member], [], [runsPool]));
  assert.match(
    lines.join("\n"),
    /─ runs\n.*─ pool:server\.1 thumbnails +running +1 of 2 busy, .*\n.*─ 14 r +running .* thumbnails {2}item 3 for 1/,
  );
});

test("top shows the busiest first", () => {
  const lines = renderTop(
    state([parent, child, other], [usage(parent, 1), usage(child, 50), usage(other, 7)]),
    "unix:/x",
  );
  assert.equal(lines[0], "polyproc 1.2.3  unix:/x  up 1:01  1.0 KiB");
  assert.deepEqual(
    lines.slice(-3).map((line) => Number.parseInt(line, 10)),
    [11, 13, 10],
  );
});
