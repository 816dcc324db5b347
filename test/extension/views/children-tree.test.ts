import assert from "node:assert/strict";
import { test } from "node:test";
import { ChildrenTree } from "../../../extension/views/children/children-tree.js";
import { at, allNodes, drawn, endedInfo, poolInfo, processInfo, sessionInfo, snapshot } from "./fake-model.js";

function build(...args: Parameters<typeof snapshot>) {
  return new ChildrenTree().build(snapshot(...args));
}

test("a process is shown below its client, and its children below it", () => {
  const parent = processInfo("a", { pid: 10 });
  const child = processInfo("b", { pid: 11, parent: parent.process, session: "s2" });
  const worker = sessionInfo("s2", { role: "worker", process: parent.process });
  assert.deepEqual(drawn(build({ processes: [child, parent], sessions: [sessionInfo("s1"), worker] })), [
    "client-s1 | pid 7",
    "  a | pid 10 · 5 s",
    "    b | pid 11 · 5 s",
  ]);
});

test("a row shows what the process runs, its CPU and its memory", () => {
  const pool = poolInfo("s1.1", { workers: 1, busy: 1, run: "run:s1.9" });
  const busy = processInfo("w", {
    role: "worker",
    pool: pool.pool,
    task: { job: "job:s1.2", index: 3, startedAt: at - 2000 },
  });
  const usage = { process: busy.process, pid: 100, cpuPercent: 97.6, memoryBytes: 3 << 20, descendants: [] };
  const lines = drawn(
    build(
      { processes: [busy], pools: [pool], usage: [usage] },
      {
        itemLabel: (job, index) => (job === "job:s1.2" ? `src/${index}.txt` : null),
        runName: (run) => (run === "run:s1.9" ? "count words" : null),
      },
    ),
  );
  assert.deepEqual(lines, [
    "client-s1 | pid 7",
    "  count words | 1 busy · 0 done",
    "    w | src/3.txt 0 s · pid 100 · 5 s · 98 % · 3.0 MiB",
  ]);
});

test("processes of a run whose pool has gone are shown below the window that follows it", () => {
  const failed = endedInfo("wc", 1, { role: "task", pool: "pool:server.1", session: "server" });
  assert.deepEqual(
    drawn(build({ processes: [failed], sessions: [sessionInfo("s1")] }, { ownSession: "s1" }))[0],
    "This window | pid 7",
  );
  assert.equal(
    drawn(build({ processes: [failed], sessions: [sessionInfo("s1")] }, { ownSession: null }))[0],
    "Disconnected | its client has gone",
  );
});

test("a worker without a task is idle", () => {
  const description = (task: { job: string; index: number; startedAt: number } | null) =>
    build({ processes: [processInfo("w", { role: "worker", task })] })[0]!.children[0]!.description;
  assert.equal(description({ job: "job:s1.2", index: 7, startedAt: at - 9000 }), "item 7 5 s · pid 100 · 5 s");
  assert.equal(description(null), "idle · pid 100 · 5 s");
});

test("a command of a run is named after its item", () => {
  const pool = poolInfo("s1.1", { run: "run:s1.9", busy: 1, name: "lint" });
  const task = processInfo("t", { name: "lint [12]", role: "task", pool: pool.pool });
  const label = (more: Parameters<typeof snapshot>[1]) =>
    build({ processes: [task], pools: [pool] }, more)[0]!.children[0]!.children[0]!.label;
  assert.equal(label({ poolItemLabel: (of, index) => `${of}#${index}` }), `${pool.pool}#12`);
  assert.equal(label({}), "tasks.js#work", "its run is not known");
});

test("ended processes show their exit code and reason", () => {
  const [client] = build({
    processes: [
      endedInfo("bad", 3),
      endedInfo("good", 0, { reason: "ended" }),
      endedInfo("killed", -9, { reason: "killed by SIGKILL" }),
    ],
  });
  assert.deepEqual(
    client!.children.map((node) => [node.label, node.description, node.icon.id, node.context]),
    [
      ["bad", "exit code 3 · pid 100 · 4 s", "error", "process process ended"],
      ["good", "ended · pid 100 · 4 s", "pass", "process process ended"],
      ["killed", "killed by SIGKILL · pid 100 · 4 s", "circle-slash", "process process ended"],
    ],
  );
});

test("descendants are shown below their parents, even if a parent has gone or pids form a cycle", () => {
  const descendant = (pid: number, parentPid: number, command: string) => ({
    pid,
    parentPid,
    command,
    cpuPercent: 1,
    memoryBytes: 1024,
  });
  const process = processInfo("a");
  const usage = {
    process: process.process,
    pid: 100,
    cpuPercent: 0,
    memoryBytes: 0,
    descendants: [
      descendant(20, 100, "/bin/sh -c x"),
      descendant(21, 20, "/usr/bin/sleep 60"),
      descendant(30, 999, "orphan"),
      descendant(40, 41, "x"),
      descendant(41, 40, "y"),
      descendant(50, 50, "self"),
    ],
  };
  const [client] = build({ processes: [process], usage: [usage] });
  assert.deepEqual(drawn(client!.children[0]!.children), [
    "sh -c x | pid 20 · 1 % · 1.0 KiB",
    "  sleep 60 | pid 21 · 1 % · 1.0 KiB",
    "orphan | pid 30 · 1 % · 1.0 KiB",
    "self | pid 50 · 1 % · 1.0 KiB",
  ]);
  assert.equal(client!.children[0]!.open, false);
});

test("this window is first, processes without a client are last, clients without children are not shown", () => {
  const processes = [
    processInfo("a", { session: "s3" }),
    processInfo("b", { session: "s1" }),
    processInfo("c", { session: "s2" }),
  ];
  const sessions = [sessionInfo("s1"), sessionInfo("s2"), sessionInfo("s4")];
  assert.deepEqual(
    build({ processes, sessions }, { ownSession: "s2" }).map((node) => node.label),
    ["This window", "client-s1", "Disconnected"],
  );
});

test("a run whose client has gone is shown below this window, as after a reload", () => {
  const pool = poolInfo("s9.1", { session: "s9", run: "run:s9.1", name: "again" });
  const other = poolInfo("s9.2", { session: "s9", name: "left over" });
  const lines = drawn(build({ pools: [pool, other] }, { ownSession: "s1" }));
  assert.deepEqual(lines, [
    "This window | pid 7",
    "  again | no workers · 0 done",
    "Disconnected | its client has gone",
    "  left over | no workers · 0 done",
  ]);
});

test("a failed worker stays when its pool has gone", () => {
  const worker = endedInfo("w", 1, { role: "worker", pool: "pool:s1.1" });
  assert.deepEqual(drawn(build({ processes: [worker] })), ["client-s1 | pid 7", "  w | exit code 1 · pid 100 · 4 s"]);
});

test("a pool of a process is shown below that process", () => {
  const owner = processInfo("owner");
  const pool = poolInfo("s2.1", { session: "s2" });
  const sessions = [sessionInfo("s1"), sessionInfo("s2", { role: "worker", process: owner.process })];
  const [client] = build({ processes: [owner], pools: [pool], sessions });
  assert.equal(client!.children[0]!.children[0]!.id, pool.pool);
});

test("ended pools and warm hosts are not shown", () => {
  assert.deepEqual(
    build({
      pools: [poolInfo("s1.1", { state: "terminated" })],
      processes: [processInfo("h", { role: "host", session: "" })],
    }),
    [],
  );
});

test("a cycle of parents does not hang it", () => {
  const a = processInfo("a", { parent: "process:b" });
  const b = processInfo("b", { parent: "process:a" });
  assert.deepEqual(build({ processes: [a, b] }), []);
});

test("a hundred of a thousand workers are shown, and keep their places when others go", () => {
  const tree = new ChildrenTree();
  const pool = poolInfo("s1.1", { workers: 1000, busy: 1000, processes: 1000 });
  const tasks = (from: number, count: number) =>
    Array.from({ length: count }, (_, i) =>
      processInfo(`t${from + i}`, {
        role: "task",
        pool: pool.pool,
        name: `x [${from + i}]`,
        target: `gzip ${from + i}.txt`,
      }),
    );
  const shown = (processes: ReturnType<typeof tasks>) =>
    tree.build(snapshot({ processes, pools: [pool] }))[0]!.children[0]!.children.map((node) => node.label);
  const before = shown(tasks(0, 1000));
  assert.equal(before.length, 101);
  assert.equal(before.at(-1), "… and 900 more");
  // The first, the third and fifty that are not shown have ended; as many others have begun.
  const left = tasks(0, 1000).filter((_, i) => i !== 0 && i !== 2 && i < 950);
  const after = shown([...left, ...tasks(1000, 52)]);
  assert.deepEqual(after.slice(0, 5), ["gzip 1000.txt", "gzip 1.txt", "gzip 1001.txt", "gzip 3.txt", "gzip 4.txt"]);
  assert.deepEqual(after.slice(3), before.slice(3));
});

test("failed processes are shown, however many run", () => {
  const pool = poolInfo("s1.1");
  const running = Array.from({ length: 150 }, (_, i) => processInfo(`r${i}`, { role: "task", pool: pool.pool }));
  const rows = build({
    processes: [endedInfo("failed", 1, { role: "task", pool: pool.pool }), ...running],
    pools: [pool],
  })[0]!.children[0]!.children;
  assert.equal(rows.length, 102);
  assert.equal(rows.at(-1)!.label, "failed");
});

test("ids are unique, and a row's accessible text omits numbers that keep changing", () => {
  const pool = poolInfo("s1.1", { workers: 2, busy: 1 });
  const processes = [
    processInfo("a"),
    processInfo("w1", { role: "worker", pool: pool.pool, task: { job: "job:s1.2", index: 0, startedAt: at } }),
    processInfo("w2", { role: "worker", pool: pool.pool }),
  ];
  const usage = processes.map(({ process }, i) => ({
    process,
    pid: 100,
    cpuPercent: i,
    memoryBytes: i,
    descendants: [{ pid: 9, parentPid: 1, cpuPercent: 0, memoryBytes: 0, command: "sh" }],
  }));
  const nodes = allNodes(build({ processes, pools: [pool], usage }));
  assert.equal(new Set(nodes.map((node) => node.id)).size, nodes.length);
  assert.deepEqual(
    nodes.filter((node) => node.about.kind === "process").map((node) => node.spoken),
    ["a, running, pid 100", "w1, running, pid 100, runs item 0", "w2, idle, pid 100"],
  );
  for (const node of nodes)
    assert.ok(
      node.details().every(([name, value]) => name !== "" && value !== ""),
      node.label,
    );
});

test("line breaks in names do not break a row", () => {
  const name = `a\nb\u001b[31m${"x".repeat(300)}`;
  const row = build({ processes: [processInfo("a", { name })] })[0]!.children[0]!;
  assert.match(row.label, /^a b \[31mx+…$/);
  assert.equal(row.label.length, 80);
});
