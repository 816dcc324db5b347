import type { Examples } from "./example.js";

export const jobExamples: Examples = {
  "job/create": {
    params: {
      job: "job:s1.11",
      pool: "pool:s1.10",
      target: { source: "(n) => n * n", runtime: "node" },
      mode: "map",
      name: "squares",
      retries: 1,
      timeoutMs: 30000,
      graceMs: 1000,
    },
    result: null,
  },
  "job/submit": {
    params: {
      job: "job:s1.11",
      tasks: [
        { index: 0, count: 3, items: [1, 2, 3] },
        { index: 3, items: ["four"] },
      ],
    },
    result: null,
  },
  "job/results": {
    params: {
      job: "job:s1.11",
      results: [
        { index: 0, count: 3, values: [1, 4, 9], pid: 4301, ms: 0.21 },
        {
          index: 3,
          count: 1,
          error: {
            code: 1012,
            message: "expected a number",
            data: {
              name: "TaskFailed",
              type: "TypeError",
              message: "expected a number",
              stack: "TypeError: expected a number\n    at square",
              language: "javascript",
            },
          },
          pid: 4302,
          ms: 0.34,
        },
      ],
    },
  },
  "job/cancel": { params: { job: "job:s1.11", indexes: [3], waiting: false, graceMs: 500 }, result: { cancelled: 1 } },
  "job/wait": { params: { job: "job:s1.11" }, result: { done: 3, failed: 1 } },
  "job/watch": { params: { job: "job:s1.11" }, result: null },
  "job/started": { params: { job: "job:s1.11", tasks: [{ index: 0, pid: 4301, startedAt: 1767225600125 }] } },
  "job/progress": { params: { job: "job:s1.11", items: [{ index: 0, fraction: 0.45, text: "compressing" }] } },
  "job/output": { params: { job: "job:s1.11", index: 0, stream: "stdout", data: { $bytes: "aGVsbG8=" } } },
};
