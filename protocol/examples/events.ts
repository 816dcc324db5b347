import type { Examples } from "./example.js";
import { instanceId, sessionExample } from "./lifecycle.js";
import { poolExample } from "./pool.js";
import { lineExample, processExample, workerExample } from "./process.js";
import { runExample } from "./run.js";

const lockExample = { handle: "lock:@build", kind: "lock", holders: ["s1"], waiters: ["s2"], value: 1, limit: null };

const deadlockExample = {
  deadlock: "d1",
  cycle: [
    { session: "s2", owner: "", pid: 4242, name: "Process-1", waitsFor: "lock:s1.5", holds: ["lock:s1.4"] },
    { session: "s3", owner: "", pid: 4243, name: "Process-2", waitsFor: "lock:s1.4", holds: ["lock:s1.5"] },
  ],
  detectedAt: 1767225601000,
};

const snapshotExample = {
  seq: 17,
  processes: [processExample],
  pools: [poolExample],
  sync: [lockExample],
  deadlocks: [],
  runs: [runExample],
  sessions: [sessionExample],
};

export const eventsExamples: Examples = {
  "events/subscribe": {
    params: { topics: ["process", "pool", "task", "sync", "deadlock", "run", "session"], sinceSeq: 12, instanceId },
    result: { instanceId, seq: 17, snapshot: snapshotExample },
  },
  "events/unsubscribe": { params: {}, result: null },
  "events/changed": {
    params: {
      events: [
        {
          seq: 18,
          topic: "process",
          process: {
            ...processExample,
            state: "exited",
            exitCode: -9,
            reason: "ended by SIGKILL",
            endedAt: 1767225602000,
          },
        },
        { seq: 19, topic: "pool", pool: { ...poolExample, busy: 4 } },
        {
          seq: 20,
          topic: "task",
          task: { job: "job:s1.11", index: 0, count: 3, state: "running", pid: 4301, attempt: 1, at: 1767225602100 },
        },
        { seq: 21, topic: "sync", sync: { ...lockExample, holders: [], waiters: [], value: 0 }, gone: true },
        { seq: 22, topic: "deadlock", deadlock: deadlockExample, resolved: false },
        { seq: 23, topic: "run", run: { ...runExample, running: 3, done: 117 } },
        { seq: 24, topic: "process", process: workerExample },
        { seq: 25, topic: "session", session: sessionExample, gone: true },
      ],
    },
  },
  "events/reset": { params: { snapshot: snapshotExample } },
  "events/watchOutput": { params: { scope: "all", lossless: true, run: "run:s1.12" }, result: null },
  "events/output": {
    params: {
      lines: [
        lineExample,
        {
          ...lineExample,
          stream: "stderr",
          line: 1,
          text: "page 1 is ",
          partial: true,
          task: { job: "job:s1.11", index: 0 },
        },
      ],
      dropped: 0,
    },
  },
  "events/sync": { params: {}, result: { sync: [lockExample] } },
  "deadlock/list": { params: {}, result: { deadlocks: [deadlockExample] } },
  "deadlock/break": { params: { deadlock: "d1", session: "s3" }, result: { session: "s3", waitsFor: "lock:s1.4" } },
};
