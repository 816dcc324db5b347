import type { Examples } from "./example.js";

export const queueExamples: Examples = {
  "queue/create": { params: { queue: "queue:@jobs", maxSize: 100, joinable: true }, result: null },
  "queue/put": {
    params: {
      queue: "queue:@jobs",
      items: [{ path: "a.png", size: { $float: "2" } }, { $int: "9007199254740993" }, null],
      timeoutMs: 1000,
    },
    result: null,
  },
  "queue/get": {
    params: { queue: "queue:@jobs", max: 10, counter: { slot: 0, count: 32 } },
    result: {
      items: [
        { path: "a.png", taken: { $timestamp: "2026-01-31T12:00:00.5Z" } },
        { $blob: { tag: "python/pickle", data: "gASVAA==" } },
      ],
    },
  },
  "queue/tally": {
    params: {},
    result: { tally: { path: "/proc/4711/fd/23", mark: "5d1f0c0e6a7b4c3f9e8d7c6b5a493827", first: 0, slots: 126 } },
  },
  "queue/settle": {
    params: {
      counters: [
        { slot: 0, count: 41 },
        { slot: 1, count: 12 },
      ],
    },
    result: null,
  },
  "queue/putBack": { params: { queue: "queue:@jobs", items: [{ path: "b.png" }, { path: "c.png" }] }, result: null },
  "queue/close": { params: { queue: "queue:@jobs" }, result: null },
  "queue/taskDone": { params: { queue: "queue:@jobs", n: 2 }, result: null },
  "queue/join": { params: { queue: "queue:@jobs", timeoutMs: 60000 }, result: null },
  "queue/status": {
    params: { queue: "queue:@jobs" },
    result: { size: 1, maxSize: 100, unfinished: 3, putters: 0, getters: 0, full: false, empty: false },
  },
};
