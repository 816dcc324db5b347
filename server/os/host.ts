import type { Socket } from "node:net";
import type { StackReading, StackSource } from "../../protocol/stack.js";
import type { Claims, Host, HostEvents, HostSpec, AsidePipe } from "../engine/processes/spawner.js";
import { OsChild } from "./child.js";
import { FifoClaims } from "./bypass/claims.js";
import { childEnvironment } from "./environment.js";
import type { Family } from "./family.js";
import type { FifoStock } from "./bypass/fifo-stock.js";
import { FifoAside } from "./bypass/aside-pipe.js";
import { HostStack, inspectorOptions } from "./stacks/host-stack.js";

/** How the worker hosts of a runtime are started. */
export interface RuntimeCommand {
  command: string;
  args: readonly string[];
  env?: Record<string, string | null>;
  /** Options of Node, before `args`, unless a host has its own. Absent: the runtime is not Node. */
  execArgv?: readonly string[];
}

export type OnHostConnection = (socket: Socket, events: HostEvents, host: Host) => void;

/** A worker host. Its connection is file descriptor 3, its claims FIFO 4, its aside pipe 5. */
export class OsHost extends OsChild implements Host {
  readonly #pipes: Pipes;
  readonly #stack: HostStack;

  constructor(
    family: Family,
    environment: NodeJS.ProcessEnv,
    fifos: FifoStock,
    runtime: RuntimeCommand,
    spec: HostSpec,
    events: HostEvents,
    onConnection: OnHostConnection,
  ) {
    const pipes: Pipes = { claims: null, aside: null };
    const stack = new HostStack(runtime.args.at(-1) ?? "");
    super(
      family,
      spec.owner ?? "",
      () => {
        const childId = family.newChildId();
        const [claimsFd, asideFd] = [fifos.take(), fifos.take()];
        pipes.claims = claimsFd === null ? null : new FifoClaims(claimsFd);
        pipes.aside = asideFd === null ? null : new FifoAside(asideFd);
        return {
          command: runtime.command,
          args: runtime.execArgv
            ? [...(spec.execArgv ?? runtime.execArgv), ...inspectorOptions, ...runtime.args]
            : runtime.args,
          cwd: spec.cwd,
          env: childEnvironment(environment, childId, runtime.env, spec.env),
          stdio: ["ignore", "pipe", "pipe", "pipe", claimsFd ?? "ignore", asideFd ?? "ignore"],
          childId,
        };
      },
      withoutInspector(events, stack),
      {
        started: (child) => {
          const socket = child.stdio[3] as Socket;
          // The death of a host is handled at its exit, not at this error.
          socket.on("error", () => {});
          onConnection(socket, events, this);
        },
        ended: () => {
          pipes.claims?.hostExited();
          pipes.aside?.hostExited();
        },
      },
    );
    this.#pipes = pipes;
    this.#stack = stack;
  }

  get claims(): Claims | null {
    return this.#pipes.claims;
  }

  get aside(): AsidePipe | null {
    return this.#pipes.aside;
  }

  readStack(source: StackSource): Promise<StackReading> {
    return this.#stack.read(this.pid!, source);
  }
}

/** Null until the host is started, and if the system has no FIFO for it. */
interface Pipes {
  claims: FifoClaims | null;
  aside: FifoAside | null;
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
