import type { Examples } from "./example.js";

export const pipeExamples: Examples = {
  "pipe/create": { params: { first: "pipe:s1.8", second: "pipe:s1.9", duplex: true }, result: null },
  "pipe/send": { params: { end: "pipe:s1.8", item: { $$ref: "an ordinary key that begins with $" } }, result: null },
  "pipe/recv": { params: { end: "pipe:s1.9", timeoutMs: 500 }, result: { item: [42, null, "hello"] } },
  "pipe/poll": { params: { end: "pipe:s1.9", timeoutMs: 0 }, result: { ready: false } },
  "pipe/follow": {
    params: { end: "pipe:s1.9" },
    result: { channel: { channel: 3, path: "/proc/4000/fd/31", inode: "45:1180" } },
  },
  "pipe/channel": { params: { end: "pipe:s1.8", channel: 3, path: "/proc/4000/fd/31", inode: "45:1180" } },
  "pipe/entered": { params: { end: "pipe:s1.8", channel: 3 } },
  "pipe/left": { params: { end: "pipe:s1.8", channel: 3 } },
  "pipe/close": { params: { end: "pipe:s1.9" }, result: null },
  "pipe/status": {
    params: { end: "pipe:s1.9" },
    result: { readable: true, writable: true, items: 0, bytes: 0, peerOpen: true },
  },
  "pipe/wait": {
    params: { handles: ["pipe:s1.9", "process:s1.1"], timeoutMs: 1000 },
    result: { ready: ["process:s1.1"] },
  },
};
