import assert from "node:assert/strict";
import { test } from "node:test";
import { describeCycle } from "../../../extension/views/sync/deadlock-row.js";
import { syncTree } from "../../../extension/views/sync/sync-tree.js";
import { allNodes, drawn, poolInfo, processInfo, sessionInfo, snapshot, syncInfo } from "./fake-model.js";

const workers = [1, 2].map((i) => processInfo(`p${i}`, { pid: 40 + i, name: `worker-${i}` }));
const sessions = [
  sessionInfo("s1"),
  ...workers.map((worker, i) => sessionInfo(`s${i + 2}`, { role: "worker", process: worker.process })),
];

const deadlock = {
  deadlock: "d1",
  detectedAt: 0,
  cycle: [
    { session: "s2", owner: "", pid: 41, name: "worker-1", waitsFor: "lock:@b", holds: ["lock:@a"] },
    { session: "s3", owner: "", pid: 42, name: "worker-2", waitsFor: "lock:@a", holds: ["lock:@b"] },
  ],
};

test("a lock shows its holder and waiters, by name and pid", () => {
  const lock = syncInfo("lock:@orders", "lock", { holders: ["s2"], waiters: ["s3", "s1", "s9"], value: 1 });
  assert.deepEqual(drawn(syncTree(snapshot({ processes: workers, sessions, sync: [lock] }, { ownSession: "s1" }))), [
    "Locks | 1",
    "  orders | held by worker-1 (41) · 3 waiting",
    "    worker-1 | holds it · pid 41",
    "    worker-2 | waits, next · pid 42",
    "    This window | waits · pid 7",
    "    Session s9 | waits",
  ]);
});

test("each kind shows its state", () => {
  const sync = [
    syncInfo("lock:s1.1", "lock"),
    syncInfo("rlock:s1.2", "rlock", { holders: ["s2"], value: 2 }),
    syncInfo("semaphore:s1.3", "semaphore", { value: 0, holders: ["s2", "s2"], waiters: ["s3"] }),
    syncInfo("event:s1.4", "event", { value: 1 }),
    syncInfo("event:s1.5", "event", { waiters: ["s2"] }),
    syncInfo("condition:s1.6", "condition", { waiters: ["s2"], value: 1 }),
    syncInfo("barrier:s1.7", "barrier", { waiters: ["s2"], value: 1, limit: 3 }),
    syncInfo("queue:s1.8", "queue", { value: 10, limit: 10 }),
    syncInfo("queue:s1.9", "queue", { value: 1234, limit: 0 }),
    syncInfo("pipe:s1.10", "pipe", { value: 1 }),
  ];
  const rows = allNodes(syncTree(snapshot({ processes: workers, sessions, sync }))).filter((node) =>
    node.context.startsWith("sync "),
  );
  assert.deepEqual(drawn(rows.map((row) => ({ ...row, children: [] }))), [
    "Lock s1.1 | free",
    "RLock s1.2 | RLock · held by worker-1 (41), 2 deep",
    "Semaphore s1.3 | none free · 1 waiting",
    "Event s1.4 | set",
    "Event s1.5 | not set · 1 waiting",
    "Condition s1.6 | its lock is free · 1 waiting",
    "Barrier s1.7 | 1 of 3 arrived",
    "Queue s1.8 | 10 of 10, full",
    "Queue s1.9 | 1,234 items",
    "Pipe s1.10 | 1 item to read",
  ]);
  const semaphore = rows[2]!;
  assert.equal(new Set(semaphore.children.map((row) => row.id)).size, 3);
});

test("pools show their numbers and their rate", () => {
  const pools = [
    poolInfo("s1.1", { name: "resize", workers: 4, busy: 3, queued: 1200, done: 12, failed: 1 }),
    poolInfo("s1.2", { state: "closed", workers: 1 }),
    poolInfo("s1.3", { state: "terminated" }),
  ];
  assert.deepEqual(drawn(syncTree(snapshot({ pools, rates: [["pool:s1.1", 31.4]] }))), [
    "Pools | 2",
    "  resize | 3 busy, 1 idle · 1,200 queued · 12 done · 1 failed · 31/s",
    "  Pool s1.2 | closed · 0 busy, 1 idle · 0 done",
  ]);
});

test("a deadlock stands on top, with what each party waits for", () => {
  const nodes = syncTree(snapshot({ processes: workers, sessions, pools: [poolInfo("s1.1")], deadlocks: [deadlock] }));
  assert.deepEqual(drawn(nodes).slice(0, 4), [
    "worker-1 (41) → worker-2 (42) | wait for each other",
    "  worker-1 (41) | waits for b, held by worker-2 (42)",
    "  worker-2 (42) | waits for a, held by worker-1 (41)",
    "Pools | 1",
  ]);
  assert.deepEqual(
    nodes[0]!.children.map((node) => node.about),
    [
      { kind: "deadlock", deadlock: "d1", session: "s2" },
      { kind: "deadlock", deadlock: "d1", session: "s3" },
    ],
  );
  assert.equal(
    describeCycle(deadlock, { known: snapshot({}).known, ownSession: null }),
    "worker-1 (41) waits for b, held by worker-2 (42); worker-2 (42) waits for a, held by worker-1 (41)",
  );
});

test("a party that waits for itself is shown", () => {
  const alone = {
    deadlock: "d2",
    detectedAt: 0,
    cycle: [{ session: "s1", owner: "", pid: null, name: "client s1", waitsFor: "lock:s1.1", holds: ["lock:s1.1"] }],
  };
  assert.deepEqual(drawn(syncTree(snapshot({ deadlocks: [alone] }))), [
    "client-s1 (7) | waits for itself",
    "  client-s1 (7) | waits for Lock s1.1, held by itself",
  ]);
});

test("a hundred of ten thousand queues are shown", () => {
  const sync = Array.from({ length: 10_000 }, (_, i) => syncInfo(`queue:s1.${i}`, "queue"));
  const [group] = syncTree(snapshot({ sync }));
  assert.equal(group!.description, "10,000");
  assert.equal(group!.children.length, 101);
  assert.equal(group!.children.at(-1)!.label, "… and 9,900 more");
});

test("an empty server has an empty tree", () => {
  assert.deepEqual(syncTree(snapshot({})), []);
});
