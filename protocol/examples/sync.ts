import type { Examples } from "./example.js";

export const syncExamples: Examples = {
  "lock/create": { params: { lock: "rlock:s1.5" }, result: null },
  "lock/acquire": {
    params: { lock: "lock:@build", owner: "thread-2", timeoutMs: 1500 },
    result: { acquired: true, ownerDied: false, fence: 1764183600000 },
  },
  "lock/release": { params: { lock: "lock:@build", owner: "thread-2" }, result: null },
  "lock/attach": {
    params: {},
    result: { words: { path: "/proc/4711/fd/24", inode: "27:1138", number: 3 } },
  },
  "lock/status": { params: { lock: "lock:@build" }, result: { locked: true, holder: "s1", depth: 1, waiters: 2 } },

  "semaphore/create": { params: { semaphore: "semaphore:@downloads", value: 5, bounded: true }, result: null },
  "semaphore/acquire": {
    params: { semaphore: "semaphore:@downloads", timeoutMs: 0 },
    result: { acquired: false, ownerDied: false },
  },
  "semaphore/release": { params: { semaphore: "semaphore:@downloads", n: 1 }, result: null },
  "semaphore/status": {
    params: { semaphore: "semaphore:@downloads" },
    result: { value: 0, waiters: 1, holders: ["s1", "s3"] },
  },

  "event/create": { params: { event: "event:s1.6" }, result: null },
  "event/set": { params: { event: "event:s1.6" }, result: null },
  "event/clear": { params: { event: "event:s1.6" }, result: null },
  "event/wait": { params: { event: "event:s1.6", timeoutMs: null }, result: { set: true } },
  "event/status": { params: { event: "event:s1.6" }, result: { set: true, waiters: 0 } },

  "condition/create": { params: { condition: "condition:s1.7", lock: "rlock:s1.5" }, result: null },
  "condition/wait": {
    params: { condition: "condition:s1.7", timeoutMs: 250 },
    result: { notified: false, ownerDied: false },
  },
  "condition/notify": { params: { condition: "condition:s1.7", n: 2 }, result: { notified: 2 } },
  "condition/status": { params: { condition: "condition:s1.7" }, result: { lock: "rlock:s1.5", waiters: 0 } },

  "barrier/create": {
    params: { barrier: "barrier:@round", parties: 3, hasAction: true, timeoutMs: 10000 },
    result: null,
  },
  "barrier/wait": { params: { barrier: "barrier:@round" }, result: { index: 2, runAction: true } },
  "barrier/actionDone": { params: { barrier: "barrier:@round", ok: true }, result: null },
  "barrier/reset": { params: { barrier: "barrier:@round" }, result: null },
  "barrier/abort": { params: { barrier: "barrier:@round" }, result: null },
  "barrier/status": { params: { barrier: "barrier:@round" }, result: { parties: 3, waiting: 0, broken: false } },
};
