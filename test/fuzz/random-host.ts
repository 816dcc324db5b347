/**
 * A worker host that does with its tasks what chance says: it reports results, as it should or nearly; sends what a
 * client may send, or nearly; ends, or says nothing. Its target's export is the seed.
 */
import { Socket } from "node:net";
import { TaskChannel, type TaskPacket } from "../../bindings/typescript/host/task-channel.js";
import type { WorkerTask } from "../../protocol/worker.js";
import { decodeMessage } from "../../server/ipc/framing/decoder.js";
import { FrameReader } from "../../server/ipc/framing/frame-reader.js";
import { encodeMessage } from "../server/encode-message.js";
import { Random } from "../soak/random.js";
import { Composer } from "./composer.js";
import { workerMessages } from "./schema.js";

/** msgpack for lists of the number 1. */
const ones = (count: number) => Uint8Array.from([0xdc, count >> 8, count & 255, ...Array<number>(count).fill(1)]);
/** A host that says nothing costs until its task is ended. */
const mostTasks = 200;

interface FromServer {
  method?: string;
  result?: { session?: string };
  params?: { targets?: { target: { export?: string } }[]; tasks?: WorkerTask[] };
}

const connection = new Socket({ fd: 3, readable: true, writable: true });
const shared = { handles: new Map<string, string[]>(), pids: [] };
let composer = new Composer("s0", false, new Random(0), shared);
let random = new Random(0);
let nextId = 1;
let taken = 0;

function send(message: object): void {
  const body = encodeMessage(message);
  const head = Buffer.alloc(4);
  head.writeUInt32BE(body.length);
  connection.write(Buffer.concat([head, body]));
}

function work(task: WorkerTask): void {
  if (++taken > mostTasks) process.exit(0);
  const from = task.from ?? 0;
  const count = (task.to ?? task.count) - from;
  for (let times = random.pick([0, 0, 0, 1, 3, 8]); times > 0; times--) {
    const composed = random.chance(0.5)
      ? composer.next()
      : composer.of(random.pick(workerMessages), { seq: task.seq, from });
    if (composed)
      send({ ...(composed.isRequest && { id: nextId++ }), method: composed.method, params: composed.params });
  }
  const dice = random.int(1, 20);
  if (dice === 1) process.exit(random.int(0, 3));
  if (dice === 2) connection.destroy();
  if (dice === 3) return;
  if (dice === 4) send({ method: "worker/part", params: { seq: task.seq, from, count: 0, next: from } });
  if (dice === 5) send({ method: "worker/output", params: { stream: "stdout", data: new Uint8Array(3000) } });
  send({ method: "worker/result", params: { seq: task.seq, from, count, values: ones(count) } });
}

const channel = new TaskChannel();
const sent = new Map<number, WorkerTask>();
/** A packet whose task has not come. */
let waiting: TaskPacket | null = null;

function begin(packet: TaskPacket): void {
  const task = packet.items === undefined ? sent.get(packet.seq) : packet;
  waiting = task ? null : packet;
  if (!task) return;
  work(task);
  channel.want();
}
channel.onPacket(begin);

process.on("uncaughtException", () => process.exit(9));
connection.on("error", () => process.exit(0));
connection.on("close", () => process.exit(0));
const reader = new FrameReader((buffer, start, end) => {
  const { method, result, params } = decodeMessage(buffer, start, end) as FromServer;
  if (result?.session !== undefined) composer = new Composer(result.session, false, random, shared);
  if (method === "worker/exit") process.exit(0);
  if (method !== "worker/run") return;
  for (const { target } of params!.targets ?? []) random = new Random(target.export ?? "", process.pid);
  for (const task of params!.tasks!) sent.set(task.seq, task);
  if (waiting) begin(waiting);
  else channel.want();
});
connection.on("data", (chunk: Buffer) => reader.push(chunk));
send({
  id: nextId++,
  method: "worker/ready",
  params: { protocolVersion: "1.0", runtime: "random", pid: process.pid, workerChannels: true },
});
