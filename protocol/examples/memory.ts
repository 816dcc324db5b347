import type { Examples } from "./example.js";

const place = { path: "/proc/4000/fd/33", inode: "26:1181", bytes: 4096 };

export const memoryExamples: Examples = {
  "memory/create": {
    params: { memory: "memory:@frames", bytes: 4096, exclusive: true },
    result: place,
  },
  "memory/open": { params: { memory: "memory:@frames" }, result: place },
  "memory/usable": { params: {} },
  "memory/block": { params: { block: "block:s1.9", memory: "memory:s1.8", offset: 0, bytes: 1048576 } },
  "memory/free": { params: { blocks: ["block:s1.9"] } },
  "memory/unlink": { params: { memory: "memory:@frames" }, result: null },
};
