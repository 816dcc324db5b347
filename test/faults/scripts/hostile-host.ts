import { closeSync, readSync, writeSync } from "node:fs";
import { Socket } from "node:net";
import { TaskChannel, type TaskPacket } from "../../../bindings/typescript/host/task-channel.js";
import type { WorkerTask } from "../../../protocol/worker.js";
import { decodeMessage } from "../../../server/ipc/framing/decoder.js";
import { FrameReader } from "../../../server/ipc/framing/frame-reader.js";
import { encodeMessage } from "../../server/encode-message.js";

/*
 * A worker host that breaks the protocol in the way that its target's export names. As `node hostile-host.js host` it
 * serves; as a module it is the table of what it can do.
 */

/** msgpack for a list with the number 1. */
const one = Uint8Array.from([0x91, 0x01]);
const never = 2n ** 63n;

class Hostile {
  readonly connection = new Socket({ fd: 3, readable: true, writable: true });
  #nextId = 100;

  frame(message: object): Buffer {
    const body = encodeMessage(message);
    const head = Buffer.alloc(4);
    head.writeUInt32BE(body.length);
    return Buffer.concat([head, body]);
  }

  tell(method: string, params: object): void {
    this.connection.write(this.frame({ method, params }));
  }

  ask(method: string, params: object): void {
    this.connection.write(this.frame({ id: this.#nextId++, method, params }));
  }

  /** Into the report channel. `after`: bytes of the connection that come before. */
  report(message: object, after = 0n): void {
    this.reportBytes(encodeMessage(message), after);
  }

  reportBytes(body: Buffer, after = 0n, length = body.length): void {
    const head = Buffer.alloc(12);
    head.writeBigUInt64BE(after);
    head.writeUInt32BE(length, 8);
    writeSync(5, Buffer.concat([head, body]));
  }

  loaded(task: WorkerTask): void {
    this.tell("worker/part", { seq: task.seq, from: task.from ?? 0, count: 0, next: task.from ?? 0 });
  }

  /** As a good host would, with exceptions. */
  succeed(task: WorkerTask, exceptions: object = {}): void {
    this.tell("worker/result", { seq: task.seq, from: task.from ?? 0, count: 1, values: one, ...exceptions });
  }

  /** Writes until the pipe is full. */
  fill(fd: number, chunk: Uint8Array): void {
    for (;;) {
      try {
        writeSync(fd, chunk);
      } catch {
        return;
      }
    }
  }
}

type Misdeed = (host: Hostile, task: WorkerTask) => void;

/** What it does with each task that it gets. */
export const misdeeds: Record<string, Misdeed> = {
  // Results.
  resultOfAnotherTask: (host, task) => host.succeed(task, { seq: task.seq + 7 }),
  resultTwice: (host, task) => {
    host.succeed(task);
    host.succeed(task);
  },
  resultOfTooMany: (host, task) => host.succeed(task, { count: 5, values: Uint8Array.from([0x95, 1, 1, 1, 1, 1]) }),
  resultOfNone: (host, task) => host.succeed(task, { count: 0 }),
  resultFromTheMiddle: (host, task) => host.succeed(task, { from: 3 }),
  valuesAreNoList: (host, task) => host.succeed(task, { values: Uint8Array.from([0x01]) }),
  valuesAreEmpty: (host, task) => host.succeed(task, { values: new Uint8Array() }),
  valuesAreNone: (host, task) => host.succeed(task, { values: Uint8Array.from([0x90]) }),
  valuesAreTwo: (host, task) => host.succeed(task, { values: Uint8Array.from([0x92, 0x01, 0x01]) }),
  valuesAreCutOff: (host, task) => host.succeed(task, { values: Uint8Array.from([0x91, 0xdc]) }),
  valuesAreFollowed: (host, task) => host.succeed(task, { values: Uint8Array.from([0x91, 0x01, 0x01]) }),
  valuesAreNoPayload: (host, task) => host.succeed(task, { values: "text" }),
  neitherValuesNorError: (host, task) => host.tell("worker/result", { seq: task.seq, from: 0, count: 1 }),
  bothValuesAndError: (host, task) => host.succeed(task, { error: { code: 1012, message: "both" } }),
  errorOfWrongShape: (host, task) =>
    host.tell("worker/result", { seq: task.seq, from: 0, count: 1, error: { code: "1012", message: 5 } }),
  unknownHandle: (host, task) => host.succeed(task, { values: [one, ["lock:s1.999"]] }),
  negativeSeq: (host, task) => host.succeed(task, { seq: -1 }),
  partGoesTooFar: (host, task) =>
    host.tell("worker/part", { seq: task.seq, from: 0, count: 2, values: Uint8Array.from([0x92, 1, 1]), next: 2 }),
  partSkips: (host, task) => host.tell("worker/part", { seq: task.seq, from: 0, count: 0, next: 1 }),
  partGoesBack: (host, task) => {
    host.tell("worker/part", { seq: task.seq, from: 0, count: 1, values: one, next: 0 });
    host.succeed(task);
  },
  partOfAllThenDeath: (host, task) => {
    host.tell("worker/part", { seq: task.seq, from: 0, count: 1, values: one, next: 1 });
    host.connection.end(() => process.exit(3));
  },
  partOfAllThenItsResult: (host, task) => {
    host.tell("worker/part", { seq: task.seq, from: 0, count: 1, values: one, next: 1 });
    host.succeed(task);
  },
  initializedTwice: (host, task) => {
    host.tell("worker/initialized", {});
    host.tell("worker/initialized", { error: { code: 1, message: "no" } });
    host.succeed(task);
  },

  // The connection.
  garbage: (host) => host.connection.write(Buffer.alloc(100, 0xff)),
  frameOfGarbage: (host) => host.connection.write(Buffer.from([0, 0, 0, 3, 0xc1, 0xc1, 0xc1])),
  notJsonRpc: (host) => host.connection.write(host.frame([1, 2, 3])),
  halfAFrame: (host, task) => {
    host.loaded(task);
    host.connection.write(Buffer.from([0, 0, 1, 0, 0x81]));
  },
  readyTwice: (host, task) => {
    host.ask("worker/ready", {
      protocolVersion: "1.0",
      runtime: "hostile",
      pid: process.pid,
      workerChannels: true,
    });
    host.ask("initialize", {});
    host.succeed(task);
  },
  saysExit: (host) => host.tell("exit", {}),
  saysShutdown: (host, task) => {
    host.loaded(task);
    host.ask("shutdown", {});
  },
  unknownMethods: (host, task) => {
    for (let i = 0; i < 1000; i++) host.ask("no/such", {});
    host.succeed(task);
  },

  // The task channel.
  fillsTasks: (host, task) => {
    host.fill(4, new Uint8Array(4096));
    host.succeed(task);
  },
  writesTasks: (host, task) => {
    writeSync(4, Buffer.alloc(512, 1));
    host.loaded(task);
  },
  writesHalfAPacket: (host, task) => {
    writeSync(4, Buffer.alloc(100, 1));
    host.loaded(task);
  },
  takesAllTasks: (host, task) => {
    host.loaded(task);
    try {
      readSync(4, Buffer.alloc(65_536));
    } catch {
      // There are none.
    }
  },
  fillsTasksAndDies: (host) => {
    host.fill(4, new Uint8Array(4096));
    host.connection.end(() => process.exit(0));
  },

  // The report channel.
  reportNegativeSeq: (host) => host.report({ method: "worker/result", params: { seq: -1 } }),
  reportGarbage: () => {
    writeSync(5, Buffer.alloc(100, 0xff));
  },
  reportNoMessage: (host) => host.reportBytes(Buffer.from([0xc1])),
  reportNotJsonRpc: (host) => host.report([1]),
  reportTwice: (host, task) => {
    const result = { method: "worker/result", params: { seq: task.seq, from: 0, count: 1, values: one } };
    host.report(result);
    host.report(result);
  },
  reportForNever: (host, task) => {
    host.loaded(task);
    host.report({ method: "worker/result", params: { seq: task.seq, from: 0, count: 1, values: one } }, never);
  },
  reportFlood: (host, task) => {
    host.loaded(task);
    const head = Buffer.alloc(12);
    head.writeBigUInt64BE(never);
    const flood = setInterval(() => {
      host.fill(5, Buffer.concat(Array<Buffer>(300).fill(head)));
      host.tell("worker/wrote", { reports: 1e9 });
    }, 1);
    host.connection.on("close", () => clearInterval(flood));
  },
  reportFull: (host, task) => {
    host.fill(5, new Uint8Array(4000));
    host.succeed(task);
  },

  // Tasks whose packets it does not read.
  unreadDeath: () => process.exit(4),
  unreadResult: (host, task) => host.succeed(task),
  unreadResultOfAnotherTask: (host, task) => host.succeed(task, { seq: task.seq + 7 }),
  unreadSilence: (host, task) => host.loaded(task),

  // Descriptors that are closed.
  closesTasks: (host, task) => {
    closeSync(4);
    host.succeed(task);
  },
  closesReports: (host, task) => {
    closeSync(5);
    host.succeed(task);
  },
  closesConnection: (host) => host.connection.destroy(),
  closesOutput: (host, task) => {
    closeSync(1);
    closeSync(2);
    host.succeed(task);
  },

  // Too little, and too much.
  silent: (host, task) => host.loaded(task),
  silentAndStubborn: (host, task) => {
    process.on("SIGTERM", () => {});
    host.loaded(task);
  },
  floodsOutputMessages: (host, task) => {
    for (let i = 0; i < 100; i++) host.tell("worker/output", { stream: "stdout", data: new Uint8Array(32 * 1024) });
    host.succeed(task);
  },
  floodsStandardOutput: (host, task) => {
    process.stdout.write(Buffer.alloc(1024 * 1024, `${"x".repeat(63)}\n`), () => host.succeed(task));
  },
  reportsImpossibleProgress: (host, task) => {
    host.tell("worker/progress", { seq: task.seq, item: 0, fraction: 50, text: "" });
    host.succeed(task);
  },
  reportsProgressOfOtherTasks: (host, task) => {
    for (let i = 0; i < 100; i++)
      host.tell("worker/progress", { seq: task.seq + i, item: i, fraction: 0.5, text: "x".repeat(400) });
    host.succeed(task);
  },
  floodsProgress: (host, task) => {
    for (let i = 0; i < 5000; i++)
      host.tell("worker/progress", { seq: task.seq, item: 0, fraction: i / 5000, text: `part ${i}` });
    host.succeed(task);
  },
  floodsParts: (host, task) => {
    for (let i = 0; i < 5000; i++) host.loaded(task);
    host.succeed(task);
  },
  floodsRequests: (host, task) => {
    host.connection.pause();
    host.loaded(task);
    for (let i = 0; i < 5000; i++) host.ask("server/status", {});
    host.succeed(task);
  },
};

function serve(): void {
  const host = new Hostile();
  // Whatever becomes of it must not end by an accident of its own.
  process.on("uncaughtException", () => {});
  host.connection.on("error", () => {});
  const exports = new Map<number, string>();
  let waiting: TaskPacket | null = null;
  const channel = new TaskChannel();
  const begin = (packet: TaskPacket): void => {
    // Its target may come later.
    const name = packet.items === undefined ? undefined : exports.get(packet.target);
    if (name === undefined) waiting = packet;
    else misdeeds[name]!(host, packet as WorkerTask);
    if (name !== undefined) channel.want();
  };
  channel.onPacket(begin);
  const reader = new FrameReader((buffer, start, end) => {
    const message = decodeMessage(buffer, start, end) as {
      method?: string;
      params?: { targets?: { id: number; target: { export: string } }[]; tasks?: WorkerTask[] };
    };
    if (message.method === "worker/exit") process.exit(0);
    if (message.method !== "worker/run") return;
    for (const { id, target } of message.params!.targets ?? []) {
      exports.set(id, target.export);
      if (!target.export.startsWith("unread")) continue;
      misdeeds[target.export]!(host, { seq: 0, target: id, mode: "map", items: one, count: 1 });
      return;
    }
    if (waiting) begin(waiting);
    else channel.want();
  });
  host.connection.on("data", (chunk: Buffer) => reader.push(chunk));
  host.ask("worker/ready", { protocolVersion: "1.0", runtime: "hostile", pid: process.pid, workerChannels: true });
  // It lives on when its connection has ended.
  setInterval(() => {}, 1000);
}

if (process.argv[2] === "host") serve();
