import assert from "node:assert/strict";
import { duplexPair, type Duplex } from "node:stream";
import { suite, test } from "node:test";
import type { WorkerTask } from "../../../protocol/worker.js";
import type { Peer } from "../../../server/engine/peer.js";
import { FrameEncoder } from "../../../server/ipc/framing/encoder.js";
import { serveFrames } from "../../../server/ipc/serve-frames.js";
import { PoolWorld, settle, type FakeHost } from "../engine/fake-hosts.js";
import { serverFacts } from "../handlers/server-facts.js";
import { FakeReports, record } from "./fake-reports.js";

/** A worker host with three tasks. The test writes into its connection and its report channel. */
class Worker {
  readonly reports = new FakeReports();
  readonly #world = new PoolWorld();
  readonly #host: FakeHost;
  readonly #socket: Duplex;
  #sentBytes = 0;

  constructor() {
    const world = this.#world;
    world.job(world.pool({ processes: 1 })).submit(world.tasks(3));
    const [host] = world.hosts as [FakeHost];
    this.#host = host;
    host.record.spawned(host.pid);
    const [ours, theirs] = duplexPair();
    this.#socket = ours;
    ours.resume();
    const hub = { engine: world.engine, server: serverFacts };
    serveFrames(theirs, hub, { kind: "worker", host: host.record }, { reports: this.reports });
  }

  /** It has sent `worker/ready`, and was given its first task. */
  static async ready(): Promise<Worker> {
    const worker = new Worker();
    const params = { protocolVersion: "1.0", runtime: "node", pid: process.pid, workerChannels: true };
    worker.send(frameOf({ id: 1, method: "worker/ready", params }));
    await turns();
    assert.equal(worker.task.seq, 0);
    return worker;
  }

  /** The next task that it can begin. */
  get task(): WorkerTask {
    return this.#host.begin()!;
  }

  /** Sends over the connection. */
  send(frames: Buffer): void {
    this.#sentBytes += frames.length;
    this.#socket.write(frames);
  }

  /** A result of a task, as the host writes it into the report channel after this many more bytes were sent. */
  result(seq: number, later = 0): Buffer {
    const params = { seq, from: 0, count: 1, values: Uint8Array.of(0x91, 0x01) };
    return record(this.#sentBytes + later, frameOf({ method: "worker/result", params }).subarray(4));
  }

  /** Closes the connection. */
  end(): void {
    this.#socket.end();
  }

  /** The server's side of its connection. */
  get peer(): Peer {
    return this.#host.record.session!.peer;
  }

  get expelledFor(): string | null {
    return this.#host.record.expelledFor;
  }

  /** Indexes of the tasks of which the client has received a result. */
  get results(): number[] {
    return this.#world.results.map(({ index }) => index);
  }
}

/** Says that a task begins. That is valid only while no earlier task is without a result. */
function begins(seq: number): Buffer {
  return frameOf({ method: "worker/part", params: { seq, from: 0, count: 0, next: 0 } });
}

function frameOf(message: object): Buffer {
  const encoder = new FrameEncoder();
  encoder.frame(message);
  return Buffer.concat(encoder.take());
}

/** All that is in the pair of streams arrives, and is handled. */
async function turns(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((next) => setImmediate(next));
}

suite("a report of a worker host", () => {
  test("that comes after the connection's last message is handed on", async () => {
    const worker = await Worker.ready();
    worker.send(begins(0));
    await turns();
    worker.reports.come(worker.result(0));
    await settle();
    assert.deepEqual(worker.results, [0]);
  });

  test("that comes before the messages that were sent before it is handed on between those", async () => {
    const worker = await Worker.ready();
    worker.reports.come(worker.result(0));
    await turns();
    // It has been given the other two by now.
    const [first, second] = [begins(1), begins(2)];
    worker.reports.come(worker.result(1, first.length), worker.result(2, first.length + second.length));
    worker.send(Buffer.concat([first, second]));
    await turns();
    assert.deepEqual([worker.results, worker.expelledFor], [[0, 1, 2], null]);
  });

  test("that the server was not woken for is handed on before what was sent after it", async () => {
    const worker = await Worker.ready();
    worker.reports.waiting.push(worker.result(0));
    worker.send(frameOf({ method: "worker/wrote", params: { reports: 1 } }));
    worker.send(begins(1));
    await turns();
    assert.deepEqual([worker.results, worker.expelledFor], [[0], null]);
  });

  test("that is in the channel when the connection ends is handed on", async () => {
    const worker = await Worker.ready();
    worker.send(begins(0));
    worker.reports.waiting.push(worker.result(0));
    worker.end();
    await turns();
    assert.deepEqual([worker.results, worker.expelledFor], [[0], null]);
  });

  test("stays in the channel while nothing is read from the host", async () => {
    const worker = await Worker.ready();
    worker.peer.pauseReading!();
    // The first one is being read already.
    worker.reports.come(worker.result(0), worker.result(1));
    assert.equal(worker.reports.waiting.length, 1);
    await turns();
    worker.peer.resumeReading!();
    worker.reports.come();
    await turns();
    assert.deepEqual([worker.results, worker.expelledFor], [[0, 1], null]);
  });

  test("of a host that breaks the protocol is dropped", async () => {
    const worker = await Worker.ready();
    worker.reports.waiting.push(worker.result(0));
    worker.send(frameOf([1]));
    worker.end();
    await turns();
    assert.deepEqual(worker.results, []);
  });
});
