import assert from "node:assert/strict";
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { constants, openSync, unlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Socket } from "node:net";
import type { TestContext } from "node:test";
import * as v from "valibot";
import type { Failure, Mode } from "../../../../protocol/job.js";
import { messageByMethod } from "../../../../protocol/methods.js";
import type { Payload } from "../../../../protocol/schema.js";
import type { WorkerTask } from "../../../../protocol/worker.js";
import { fitsPacket } from "../../../../protocol/task-packet.js";
import { decodeMessage } from "../../../../server/ipc/framing/decoder.js";
import { FrameReader } from "../../../../server/ipc/framing/frame-reader.js";
import { FrameWriter } from "../../../../server/ipc/framing/frame-writer.js";
import { ReportReader } from "../../../../server/ipc/reports.js";
import { FifoReports } from "../../../../server/os/bypass/report-channel.js";
import { FifoTasks } from "../../../../server/os/bypass/task-channel.js";
import { decode, encode } from "../../../../bindings/typescript/session/codec.js";
import { waitFor, within } from "../../../deadline.js";
import { compiled } from "../../../fixture.js";

/** A host's messages about a task, with its payloads decoded. */
export interface Told {
  method: "worker/part" | "worker/result";
  seq: number;
  from: number;
  count: number;
  values?: unknown[];
  error?: Failure;
  next?: number;
}

export interface HostOptions {
  /** The host's program and its arguments. Default: the Node host. */
  command?: [string, ...string[]];
  /** Whether it gets its two channels. Default true. */
  channels?: boolean;
  env?: Record<string, string>;
  maxPayloadBytes?: number;
}

interface Message {
  id?: number;
  method?: string;
  params?: Record<string, unknown>;
}

let fifos = 0;

/**
 * A real worker host, and the test in the place of its server. Everything that it sends is checked against the
 * protocol.
 */
export class TestHost {
  readonly child: ChildProcess;
  readonly ready: Record<string, unknown>;
  /** `seq` of the tasks whose target was loaded first, when it had been. */
  readonly begun: number[] = [];
  readonly told: Told[] = [];
  /** What it wrote over its connection. */
  readonly output = { stdout: "", stderr: "" };
  /** What it wrote to its own pipes. */
  readonly pipes = { stdout: "", stderr: "" };
  readonly notifications: Message[] = [];
  readonly exited: Promise<{ code: number | null; signal: string | null }>;
  readonly #socket: Socket;
  readonly #writer: FrameWriter;
  readonly #tasks: FifoTasks | null;
  readonly #reports: FifoReports | null;
  #seq = 0;
  #fault: Error | undefined;

  static async start(test: TestContext, options: HostOptions = {}): Promise<TestHost> {
    const fds = options.channels === false ? [] : [openFifo(), openFifo()];
    const [program, ...args] = options.command ?? [process.execPath, compiled("bindings/typescript/host/main")];
    const child = spawn(program, args, {
      detached: true,
      stdio: ["ignore", "pipe", "pipe", "pipe", fds[0] ?? "ignore", fds[1] ?? "ignore"],
      env: { ...process.env, ...options.env },
    });
    const { promise: ready, resolve } = defer<Message>();
    const host = new TestHost(child, fds, resolve, options);
    test.after(async () => {
      child.kill("SIGKILL");
      await host.exited;
      host.#tasks?.hostExited();
      host.#reports?.hostExited();
    });
    (host as { ready: unknown }).ready = (await within(ready, "worker/ready")).params;
    return host;
  }

  private constructor(
    child: ChildProcess,
    [tasksFd, reportsFd]: number[],
    onReady: (message: Message) => void,
    options: HostOptions,
  ) {
    this.child = child;
    this.ready = {};
    this.#tasks = tasksFd === undefined ? null : new FifoTasks(tasksFd);
    this.#reports = reportsFd === undefined ? null : new FifoReports(reportsFd);
    this.#socket = child.stdio[3] as Socket;
    this.#socket.on("error", () => {});
    this.#writer = new FrameWriter(this.#socket);
    const handle = (buffer: Buffer, start: number, end: number) => {
      const message = decodeMessage(buffer, start, end) as Message;
      try {
        check(message);
      } catch (error) {
        this.#fault = error as Error;
      }
      if (message.method === "worker/wrote") {
        reports!.readUpTo(message.params!["reports"] as number);
      } else if (message.method === "worker/ready") {
        this.#reply(message.id!, {
          instanceId: "i1",
          session: "s1",
          limits: {
            maxMessageBytes: 64 << 20,
            maxPayloadBytes: options.maxPayloadBytes ?? 256 << 20,
            maxQueuedBytes: 64 << 20,
            maxMemoryBytes: 512 << 20,
          },
          cpuCount: 2,
          runtimes: ["node"],
          capabilities: { channels: false, counters: false },
        });
        onReady(message);
      } else {
        this.#receive(message);
      }
    };
    const frames: FrameReader = new FrameReader((buffer, start, end) => {
      reports?.handOn(frames.handed);
      handle(buffer, start, end);
    });
    const fault = (error: unknown) => (this.#fault = error as Error);
    const reports =
      this.#reports && new ReportReader(this.#reports, handle, () => reports!.handOn(frames.handed), fault);
    this.#socket.on("data", (chunk) => {
      frames.push(chunk);
      reports?.handOn(frames.handed);
    });
    for (const stream of ["stdout", "stderr"] as const)
      child[stream]!.on("data", (data: Buffer) => (this.pipes[stream] += data.toString()));
    // Its pipes and its connection may have more to tell after its exit.
    const { promise: ended, resolve } = defer<void>();
    this.#socket.on("close", () => resolve());
    this.exited = new Promise((settle) => {
      child.on("close", (code, signal) => void ended.then(() => settle({ code, signal })));
    });
  }

  /** A task for `run`, with the next number. */
  task(target: number, mode: Mode, items: unknown[], more: Partial<WorkerTask> = {}): WorkerTask {
    return { seq: this.#seq++, target, mode, items: encode(items), count: items.length, ...more };
  }

  apply(target: number, args: unknown[] = [], kwargs: Record<string, unknown> = {}): WorkerTask {
    return this.task(target, "apply", [[args, kwargs]]);
  }

  /** Writes the tasks' packets. `named`: each has only the number. */
  writePackets(tasks: WorkerTask[], named = false): void {
    assert.equal(this.#tasks!.write(named ? tasks.map(({ seq }) => seq) : tasks), tasks.length);
  }

  /** Takes tasks back: those that it would run next. */
  takeBack(max: number): number[] {
    return this.#tasks!.takeBack(max);
  }

  send(method: string, params: object): void {
    this.#writer.write({ method, params });
  }

  /** Waits until the operating system has what was sent. */
  async sent(): Promise<void> {
    this.#writer.flush();
    await waitFor(() => this.#socket.writableLength === 0);
  }

  /** Gives it tasks. */
  run(
    tasks: WorkerTask[],
    more: {
      targets?: { id: number; target: object }[];
      once?: boolean;
      identity?: object;
      initializer?: { target: object; args?: Payload };
    } = {},
  ): void {
    const direct = !this.#tasks || more.once;
    if (!direct)
      for (let at = 0; at < tasks.length; at += 8)
        this.writePackets(tasks.slice(at, at + 8), !tasks.slice(at, at + 8).every(fitsPacket));
    const bodies = direct || !tasks.every(fitsPacket) ? tasks : [];
    if (bodies.length > 0 || Object.keys(more).length > 0) this.send("worker/run", { tasks: bodies, ...more });
  }

  /** Runs tasks of one target, and waits for messages until each task has its result. */
  async outcomes(target: object, tasks: (host: this) => WorkerTask[]): Promise<Told[]> {
    const list = tasks(this);
    const from = this.told.length;
    this.run(list, { targets: [{ id: list[0]!.target, target }] });
    await this.results(list.length, from);
    return this.told.slice(from);
  }

  /** Waits for this many results, counted from the `from`th message on. */
  async results(count: number, from = 0): Promise<void> {
    await this.wait(
      () => this.told.slice(from).filter((told) => told.method === "worker/result").length >= count,
      `${count} results`,
    );
  }

  async wait(condition: () => boolean, what: string): Promise<void> {
    await waitFor(
      () => {
        if (this.#fault) throw this.#fault;
        return condition();
      },
      { what },
    );
  }

  /** Ends the connection, as a server that dies does. */
  hangUp(): void {
    this.#socket.destroy();
  }

  #receive(message: Message): void {
    const { id, method, params } = message;
    if (method === "worker/part" || method === "worker/result") {
      // How long it took differs from run to run.
      const { ms: _, ...rest } = params as Record<string, unknown>;
      const told = { method, ...rest } as unknown as Told & { values?: Payload };
      if (params!["values"] !== undefined) told.values = decode(params!["values"] as Payload, null) as never;
      if (method === "worker/part" && params!["count"] === 0) this.begun.push(params!["seq"] as number);
      else this.told.push(told);
    } else if (method === "worker/output") {
      this.output[params!["stream"] as "stdout" | "stderr"] += Buffer.from(params!["data"] as Uint8Array).toString();
    } else {
      this.notifications.push(message);
      if (id !== undefined) this.#reply(id, null);
    }
  }

  #reply(id: number, result: unknown): void {
    this.#writer.write({ id, result });
  }
}

function check({ method, params }: Message): void {
  const message = messageByMethod.get(method ?? "");
  if (!message) throw new Error(`there is no message ${method}`);
  v.parse(message.params, params);
}

/** A pipe that both sides read, without a name. */
function openFifo(): number {
  const path = join(tmpdir(), `channel-${process.pid}-${fifos++}`);
  execFileSync("mkfifo", [path]);
  const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  unlinkSync(path);
  return fd;
}

function defer<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((settle) => (resolve = settle));
  return { promise, resolve };
}
