import type { Examples } from "./example.js";

export const instanceId = "b3f1c2d4e5a69788";

export const sessionExample = {
  session: "s1",
  role: "client",
  name: "my-tool report.txt",
  version: "2.1.0",
  pid: 4200,
  process: null,
  connectedAt: 1767225600000,
};

const workerSessionExample = {
  session: "s2",
  role: "worker",
  name: "PoolWorker-1",
  version: null,
  pid: 4301,
  process: "process:h.3",
  connectedAt: 1767225600400,
};

export const limits = {
  maxMessageBytes: 67108864,
  maxPayloadBytes: 2147483648,
  maxQueuedBytes: 67108864,
  maxMemoryBytes: 4294967296,
};

/** What a session is told when it begins, as client or as worker host. */
export const welcome = (session: string) => ({
  instanceId,
  session,
  limits,
  cpuCount: 8,
  runtimes: ["node", "python"],
  memory: { path: "/proc/4000/fd/17", inode: "26:1100", bytes: 1 },
  capabilities: { channels: true, counters: true },
});

export const lifecycleExamples: Examples = {
  initialize: {
    params: {
      protocolVersion: "1.0",
      clientInfo: { name: "my-tool", title: "my-tool report.txt", version: "2.1.0" },
      processId: 4200,
      capabilities: { channels: true, maxPayloadBytes: 2147483648 },
      token: "3q2-7wEx",
    },
    result: {
      protocolVersion: "1.0",
      serverInfo: { name: "polyproc", version: "0.1.0", pid: 4100 },
      ...welcome("s1"),
    },
  },
  initialized: { params: {} },
  shutdown: { result: null },
  exit: {},
  "$/cancelRequest": { params: { id: 7 } },
  "$/progress": { params: { token: "thumbnails", value: { done: 40, failed: 1, total: 200 } } },
  "server/status": {
    params: {},
    result: {
      instanceId,
      version: "0.1.0",
      pid: 4100,
      uptimeMs: 61250.5,
      rssBytes: 58720256,
      heapUsedBytes: 9437184,
      heldBytes: 1048576,
      sessions: 3,
      objects: 12,
      waits: 2,
      processes: 4,
      warmHosts: 1,
      guardianPid: 4101,
      addresses: ["unix:/run/user/1000/polyproc/build.sock"],
    },
  },
  "server/sessions": { params: {}, result: { sessions: [sessionExample, workerSessionExample] } },
  "server/protocol": { params: {}, result: { metaModel: { version: "1.0" }, schema: { $defs: {} } } },
  "server/stop": { params: { whenAloneMs: 30000 }, result: null },
  "handle/exists": { params: { handle: "lock:@build" }, result: { exists: true } },
  "handle/retain": { params: { handle: "queue:@jobs" }, result: null },
  "handle/release": { params: { handles: ["queue:@jobs", "lock:s1.4"] } },
};
