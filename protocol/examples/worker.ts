import type { Examples } from "./example.js";
import { welcome } from "./lifecycle.js";

export const workerExamples: Examples = {
  "worker/ready": {
    params: {
      protocolVersion: "1.0",
      runtime: "node",
      pid: 4301,
      workerChannels: true,
      stacks: { by: "inspector" },
      capabilities: { channels: true, maxPayloadBytes: 2147483648 },
    },
    result: welcome("s2"),
  },
  "worker/run": {
    params: {
      identity: {
        process: "process:s1.12",
        name: "PoolWorker-1",
        daemon: true,
        parentPid: 4200,
        parentName: "MainProcess",
      },
      targets: [{ id: 1, target: { source: "(n) => n * n", runtime: "node" } }],
      initializer: { target: { module: "/home/ada/worker.js", export: "connect" }, args: [["db.sqlite"], {}] },
      tasks: [
        {
          seq: 0,
          target: 1,
          mode: "map",
          items: [1, 2, 3],
          count: 3,
          from: 0,
          exact: false,
          job: "job:s1.11",
          index: 0,
        },
      ],
    },
  },
  "worker/initialized": { params: {} },
  "worker/wrote": { params: { reports: 3 } },
  "worker/part": { params: { seq: 0, from: 0, count: 2, values: [1, 4], next: 2, ms: 1.25 } },
  "worker/result": { params: { seq: 0, from: 2, count: 1, values: [9], ms: 0.5 } },
  "worker/output": { params: { stream: "stdout", data: { $bytes: "aGVsbG8K" } } },
  "worker/progress": { params: { seq: 0, item: 2, fraction: 0.45, text: "compressing" } },
  "worker/hidesStack": { params: { reason: "the program listens to SIGUSR1 itself" } },
  "worker/cancel": { params: { seq: 4, reason: "TimedOut", from: 2 } },
  "worker/exit": { params: {} },
};
