import type { ProcessInfo } from "../process.js";
import type { Examples } from "./example.js";

export const processExample: ProcessInfo = {
  process: "process:s1.1",
  pid: 4242,
  name: "Process-1",
  role: "process",
  state: "running",
  daemon: false,
  runtime: "node",
  target: "report.js#render",
  source: { file: "/home/ada/report.js", export: "render" },
  cwd: "/home/ada",
  parent: null,
  session: "s1",
  pool: null,
  exitCode: null,
  reason: null,
  dismissed: false,
  startedAt: 1767225600000,
  endedAt: null,
  task: null,
};

/** A pool's worker, in the middle of a task. */
export const workerExample = {
  ...processExample,
  process: "process:h.3",
  pid: 4301,
  name: "PoolWorker-1",
  role: "worker",
  daemon: true,
  target: "",
  pool: "pool:s1.3",
  task: { job: "job:s1.11", index: 3, startedAt: 1767225602100 },
};

export const lineExample = {
  process: "process:s1.1",
  pid: 4242,
  stream: "stdout",
  line: 0,
  text: "rendering page 1",
  partial: false,
  task: null,
};

export const processExamples: Examples = {
  "process/start": {
    params: {
      process: "process:s1.1",
      target: { module: "/home/ada/report.js", export: "render" },
      args: [[1, { $bytes: "aGVsbG8=" }, { $handle: "lock:s1.4" }], { colour: true }],
      name: "Process-1",
      daemon: false,
    },
    result: { pid: 4242, name: "Process-1" },
  },
  "process/join": { params: { process: "process:s1.1", timeoutMs: 5000 }, result: { exited: true, exitCode: 0 } },
  "process/status": { params: { process: "process:s1.1" }, result: processExample },
  "process/list": { params: { scope: "children" }, result: { processes: [processExample] } },
  "process/terminate": { params: { process: "process:s1.1", graceMs: 2000 }, result: null },
  "process/kill": { params: { pid: 4242 }, result: null },
  "process/close": { params: { process: "process:s1.1" }, result: null },
  "process/write": { params: { process: "process:s1.2", data: "three lines\n" }, result: null },
  "process/read": {
    params: { process: "process:s1.2", stream: "stdout", timeoutMs: 5000 },
    result: { data: { $bytes: "aGVsbG8=" }, end: false },
  },
  "process/closeStream": { params: { process: "process:s1.2", stream: "stdin" }, result: null },
  "process/output": { params: { process: "process:s1.1", fromLine: 0 }, result: { lines: [lineExample], dropped: 0 } },
  "process/stack": {
    params: { pid: 4242 },
    result: {
      samples: [
        {
          at: 1767225602100,
          threads: [
            { name: "main", frames: [{ function: "render", file: "/home/ada/report.js", line: 12, column: 7 }] },
          ],
        },
      ],
      note: null,
    },
  },
  "process/usage": {
    params: { processes: ["process:s1.1"] },
    result: {
      usage: [
        {
          process: "process:s1.1",
          pid: 4242,
          cpuPercent: 97.5,
          memoryBytes: 73400320,
          descendants: [{ pid: 4250, parentPid: 4242, cpuPercent: 12, memoryBytes: 8388608, command: "gzip" }],
        },
      ],
    },
  },
};
