import type { RunInfo } from "../run.js";
import type { Examples } from "./example.js";

const spec = {
  name: "digests of 200 files",
  target: { module: "/home/ada/hash.js", export: "digest" },
  meta: { labels: ["a.txt", "b.txt"] },
  cwd: "/home/ada",
  processes: 4,
  chunkSize: 1,
  retries: 1,
  timeoutMs: 30000,
  graceMs: 1000,
  halt: { failures: 10, now: false },
  cache: { dir: "/home/ada/.cache/polyproc/map", inputs: ["tsconfig.json"], env: ["LANG"], maxBytes: 1073741824 },
};

export const runExample: RunInfo = {
  run: "run:s1.20",
  name: "digests of 200 files",
  target: "hash.js#digest",
  state: "running",
  pool: "pool:server.1",
  job: "job:server.1",
  processes: 4,
  chunkSize: 1,
  total: 200,
  queued: 80,
  running: 4,
  done: 115,
  failed: 1,
  cancelled: 0,
  startedAt: 1767225600000,
  endedAt: null,
  session: "s1",
};

export const runExamples: Examples = {
  "run/start": {
    params: { run: "run:s1.20", ...spec, items: ["/data/a.txt", "/data/b.txt"], maxResultBytes: 67108864 },
    result: { run: runExample },
  },
  "run/list": { params: {}, result: { runs: [runExample] } },
  "run/status": { params: { run: "run:s1.20" }, result: { ...runExample, cached: 1 } },
  "run/spec": { params: { run: "run:s1.20" }, result: { ...spec, items: ["/data/a.txt", "/data/b.txt"] } },
  "run/read": {
    params: { run: "run:s1.20", since: 41, limit: 1000, timeoutMs: 10000 },
    result: {
      entries: [
        {
          index: 0,
          chunk: 0,
          state: "done",
          pid: 4301,
          attempt: 1,
          startedAt: 1767225600125,
          ms: 3.25,
          value: "9f86d081884c7d65",
        },
        {
          index: 1,
          chunk: 0,
          state: "failed",
          pid: 4302,
          attempt: 2,
          startedAt: 1767225600131,
          ms: 0.5,
          error: {
            code: 1012,
            message: "ENOENT: no such file",
            data: {
              name: "TaskFailed",
              type: "Error",
              message: "ENOENT: no such file",
              stack: "",
              language: "javascript",
            },
          },
        },
        {
          index: 2,
          chunk: 2,
          state: "running",
          pid: 4301,
          attempt: 1,
          startedAt: 1767225600140,
          ms: null,
          notCached: "/data/c.txt changed",
        },
        {
          index: 3,
          chunk: 3,
          state: "done",
          pid: 0,
          attempt: 1,
          startedAt: null,
          ms: 2.5,
          cached: true,
          value: "60303ae22b998861",
        },
      ],
      next: 44,
      ended: false,
    },
  },
  "run/output": {
    params: { run: "run:s1.20", index: 0 },
    result: {
      lines: [
        { stream: "stdout", text: "reading a.txt" },
        { stream: "stderr", text: "it is large" },
      ],
      dropped: 0,
    },
  },
  "run/waits": {
    params: { run: "run:s1.20" },
    result: {
      waits: [{ pid: 4301, object: "lock:@db", reason: "held", startedAt: 1767225600200, ms: 120.5 }],
      dropped: 0,
      totals: [{ object: "lock:@db", reason: "held", ms: 180.25, count: 3 }],
    },
  },
  "run/wait": {
    params: { run: "run:s1.20", timeoutMs: 60000 },
    result: { ...runExample, state: "done", queued: 0, running: 0, done: 199, endedAt: 1767225609000 },
  },
  "run/cancel": { params: { run: "run:s1.20", indexes: [2], waiting: false, graceMs: 500 }, result: { cancelled: 1 } },
  "run/forget": { params: { run: "run:s1.20" }, result: null },
};
