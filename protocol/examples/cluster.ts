import type { Examples } from "./example.js";

const cluster = "rediss://user@redis.example/0?cluster=main";

export const clusterExamples: Examples = {
  "cluster/hosts": {
    params: { cluster },
    result: {
      hosts: [
        {
          host: "alpha",
          pid: 4711,
          protocol: "1.0",
          labels: ["gpu"],
          slots: 8,
          busy: 3,
          load: 2.75,
          draining: false,
          pools: [{ id: "9f1c0ab37d22e58f60", name: "thumbnails", running: 3 }],
        },
      ],
      pools: [{ id: "9f1c0ab37d22e58f60", name: "thumbnails", processes: 64, queued: 120, running: 3 }],
    },
  },
  "cluster/drain": { params: { cluster, host: "alpha" }, result: null },
};
