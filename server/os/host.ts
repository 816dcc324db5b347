import { closeSync } from "node:fs";
import type { Socket } from "node:net";
import type { StackReading, StackSource } from "../../protocol/stack.js";
import type { Host, HostEvents, HostSpec, Reports, TaskChannel } from "../engine/processes/spawner.js";
import { OsChild } from "./child.js";
import { childEnvironment } from "./environment.js";
import type { Family } from "./family.js";
import type { FifoStock } from "./bypass/fifo-stock.js";
import { FifoReports } from "./bypass/report-channel.js";
import { FifoTasks } from "./bypass/task-channel.js";
import { HostStack, inspectorOptions, isForDebugger } from "./stacks/host-stack.js";

/** How the worker hosts of a runtime are started. */
export interface RuntimeCommand {
  command: string;
  args: readonly string[];
  env?: Record<string, string | null>;
  /** Options of Node, before `args`, unless a host has its own. Absent: the runtime is not Node. */
  execArgv?: readonly string[];
}

export type OnHostConnection = (socket: Socket, events: HostEvents, host: Host) => void;

/** A worker host. Its connection is file descriptor 3, its task channel 4, its report channel 5. */
export class OsHost extends OsChild implements Host {
  readonly #pipes: Pipes;
  readonly #stack: HostStack;

  constructor(
    family: Family,
    environment: NodeJS.ProcessEnv,
    runtime: RuntimeCommand,
    spec: HostSpec,
    events: HostEvents,
    onConnection: OnHostConnection,
  ) {
    const pipes: Pipes = { tasks: null, reports: null };
    const stack = new HostStack(runtime.args.at(-1) ?? "");
    super(
      family,
      spec.owner ?? "",
      () => {
        const childId = family.newChildId();
        const env = childEnvironment(environment, childId, runtime.env, spec.env);
        const execArgv = runtime.execArgv ? (spec.execArgv ?? runtime.execArgv) : [];
        const debugged = isForDebugger(execArgv, env);
        if (debugged) stack.leaveToDebugger();
        const [tasksFd, reportsFd] = takeTwo(family.fifos);
        if (tasksFd !== null) pipes.tasks = new FifoTasks(tasksFd);
        if (reportsFd !== null) pipes.reports = new FifoReports(reportsFd);
        return {
          command: runtime.command,
          args: runtime.execArgv ? [...execArgv, ...(debugged ? [] : inspectorOptions), ...runtime.args] : runtime.args,
          cwd: spec.cwd,
          env,
          stdin: false,
          channels: [tasksFd, reportsFd],
          childId,
        };
      },
      withoutInspector(events, stack),
      {
        started: ({ connection }) => {
          const socket = connection!;
          // The death of a host is handled at its exit, not at this error.
          socket.on("error", () => {});
          onConnection(socket, events, this);
        },
        ended: () => {
          pipes.tasks?.hostExited();
          pipes.reports?.hostExited();
        },
      },
    );
    this.#pipes = pipes;
    this.#stack = stack;
  }

  get tasks(): TaskChannel | null {
    return this.#pipes.tasks;
  }

  get reports(): Reports | null {
    return this.#pipes.reports;
  }

  readStack(source: StackSource): Promise<StackReading> {
    return this.#stack.read(this.pid!, source);
  }
}

/** Null until the host is started, and if the system has no FIFO for it. */
interface Pipes {
  tasks: FifoTasks | null;
  reports: FifoReports | null;
}

/**
 * FIFOs for both channels, or for none. Only on Linux: macOS may take a part of a record of 4096 bytes. It was not run.
 */
function takeTwo(fifos: FifoStock): [number, number] | [null, null] {
  if (process.platform !== "linux") return [null, null];
  const first = fifos.take();
  const second = first === null ? null : fifos.take();
  if (first !== null && second !== null) return [first, second];
  if (first !== null) closeSync(first);
  return [null, null];
}

/** The same events; what the inspector writes to stderr is no output of the host. */
function withoutInspector(events: HostEvents, stack: HostStack): HostEvents {
  const stderr = (data: Uint8Array) => {
    if (data.length > 0) events.output("stderr", data);
  };
  return {
    spawned: (pid) => events.spawned(pid),
    failed: (error) => events.failed(error),
    output: (stream, data) => {
      if (stream === "stderr") stderr(stack.pass(data));
      else events.output(stream, data);
    },
    exited: (status) => {
      stderr(stack.ended());
      events.exited(status);
    },
  };
}
