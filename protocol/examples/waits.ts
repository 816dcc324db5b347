import type { Examples } from "./example.js";

export const waitsExamples: Examples = {
  "server/waits": {
    params: {},
    result: {
      waits: [
        {
          session: "s4",
          owner: "",
          process: "process:s1.9",
          pid: 4302,
          name: "PoolWorker-2",
          object: "lock:@db",
          reason: "held",
          since: 1767225600000,
          endless: true,
          by: [{ session: "s3", pid: 4301, name: "PoolWorker-1", since: 1767225599000 }],
          more: 0,
          deadlock: null,
          text: "waits 11 s for lock db, held by pid 4301 (PoolWorker-1) for 12 s",
        },
      ],
      queued: [
        {
          pool: "pool:s1.2",
          run: null,
          queued: 12,
          reason: "limit",
          behind: 0,
          text: "12 queued tasks wait: the limit is reached, 4 of 4 processes are busy",
        },
      ],
    },
  },
};
