import type { Examples } from "./example.js";

export const poolExample = {
  pool: "pool:s1.10",
  name: "thumbnails",
  run: null,
  session: "s1",
  state: "running",
  processes: 4,
  workers: 4,
  busy: 3,
  queued: 120,
  done: 80,
  failed: 1,
};

export const poolExamples: Examples = {
  "pool/create": {
    params: {
      pool: "pool:s1.10",
      processes: 4,
      initializer: { module: "file:///home/ada/worker.py", export: "connect", runtime: "python" },
      initargs: [["db.sqlite"], {}],
      maxTasksPerChild: 1000,
      minProcesses: 1,
      idleTimeoutMs: 60000,
      name: "thumbnails",
    },
    result: null,
  },
  "pool/close": { params: { pool: "pool:s1.10" }, result: null },
  "pool/terminate": { params: { pool: "pool:s1.10" }, result: null },
  "pool/join": { params: { pool: "pool:s1.10", timeoutMs: 30000 }, result: null },
  "pool/status": { params: { pool: "pool:s1.10" }, result: poolExample },
  "pool/list": { params: {}, result: { pools: [poolExample] } },
  "pool/map": {
    params: {
      processes: 2,
      target: { command: "gzip", args: ["-9k", "{item}"] },
      items: ["a.txt", "missing.txt"],
      progressToken: "gzip",
    },
    result: {
      outcomes: [
        { index: 0, ok: true, value: { exitCode: 0, signal: null, stdout: "", stderr: "", truncated: false } },
        {
          index: 1,
          ok: false,
          error: {
            code: 1012,
            message: "gzip: missing.txt: No such file or directory",
            data: { name: "TaskFailed", type: "CommandFailed", exitCode: 1 },
          },
        },
      ],
    },
  },
};
