import type { PolyprocError } from "../../../protocol/errors.js";
import type { Failure } from "../../../protocol/job.js";
import type { Handle, Payload } from "../../../protocol/schema.js";
import type { Target } from "../../../protocol/target.js";
import type { Principal } from "../guard.js";
import type { HostSpec } from "../processes/spawner.js";
import type { Session } from "../session.js";
import type { PoolDependencies } from "./dependencies.js";
import type { PoolWorker } from "./pool-worker.js";
import type { Outcome, Task } from "./task.js";

/** Where and how a pool's workers are started. */
export type Surroundings = Pick<HostSpec, "cwd" | "env" | "execArgv">;

/** The pool, as its workers see it. */
export interface WorkerPool extends Principal {
  readonly engine: PoolDependencies;
  readonly surroundings: Surroundings;
  readonly handle: Handle;
  readonly session: Session;
  readonly initializer: Target | undefined;
  readonly initargs: Payload | undefined;
  readonly maxTasksPerChild: number;
  readonly daemon: boolean;
  readonly dispatch: { schedule(): void };
  workerReady(): void;
  dropQueued(runtime: string, error: Failure): void;
  began(task: Task, pid: number, startedAt: number): void;
  outcome(task: Task, outcome: Outcome, pid: number, ms: number): void;
  workerGone(worker: PoolWorker, untouched: Task[], lost: Task[], death: PolyprocError, useful: boolean): void;
}
