import type { Params } from "../../../protocol/message.js";
import { fitsPacket } from "../../../protocol/task-packet.js";
import { storedBytes } from "../../../protocol/payload.js";
import type { Payload } from "../../../protocol/schema.js";
import type { ModuleTarget, SourceTarget, Target } from "../../../protocol/target.js";
import type * as workers from "../../../protocol/worker.js";
import type { Peer } from "../peer.js";
import { identityOf } from "../processes/identity.js";
import type { ProcessRecord } from "../processes/process.js";
import type { Session } from "../session.js";
import type { Task } from "./task.js";

/** The pool, as far as its workers are told of it. */
interface GreetingPool {
  readonly session: Session;
  readonly initializer: Target | undefined;
  readonly initargs: Payload | undefined;
}

/** A worker's first message: who it is, and what it has to run before its first task. */
export function firstMessage(pool: GreetingPool, process: ProcessRecord): Params<typeof workers.run> {
  const { initializer, initargs, session } = pool;
  return {
    identity: identityOf(process, session),
    ...(initializer
      ? {
          initializer: {
            target: initializer as ModuleTarget | SourceTarget,
            ...(initargs ? { args: initargs } : {}),
          },
        }
      : {}),
    tasks: [],
  };
}

/** Numbers of the targets that a worker was sent. It is sent each once. */
export class TargetNumbers {
  readonly #numbers = new Map<string, number>();
  #new: { id: number; target: ModuleTarget | SourceTarget }[] = [];

  numberOf({ targetKey, target }: Task["job"]): number {
    const known = this.#numbers.get(targetKey);
    if (known !== undefined) return known;
    const id = this.#numbers.size;
    this.#numbers.set(targetKey, id);
    this.#new.push({ id, target: target as ModuleTarget | SourceTarget });
    return id;
  }

  /** Those that have got numbers since the last call: the worker is sent them now. */
  takeNew(): { id: number; target: ModuleTarget | SourceTarget }[] {
    const targets = this.#new;
    this.#new = [];
    return targets;
  }
}

/** A task as a worker gets it. `target`: the number of its target among those that the worker was sent. */
export function taskMessage({ seq, from, to, exact, batch, job }: Task, target: number): workers.WorkerTask {
  const message: workers.WorkerTask = {
    seq,
    target,
    mode: job.mode,
    items: batch.items,
    count: batch.count,
    job: job.handle,
    index: batch.index,
  };
  if (from !== 0) message.from = from;
  if (to !== batch.count) message.to = to;
  if (exact) message.exact = true;
  return message;
}

/** What of a task goes into a packet: all of it, or the number of one that is sent. */
export function packetOf(message: workers.WorkerTask, { takesBlocks }: Peer): workers.WorkerTask | number {
  return fitsPacket(message) && (takesBlocks || !storedBytes(message.items)) ? message : message.seq;
}
