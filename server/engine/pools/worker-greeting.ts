import type { Params } from "../../../protocol/message.js";
import type { Payload } from "../../../protocol/schema.js";
import type { ModuleTarget, SourceTarget, Target } from "../../../protocol/target.js";
import type * as workers from "../../../protocol/worker.js";
import type { ProcessRecord } from "../processes/process.js";
import type { Session } from "../session.js";

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
    identity: {
      process: process.handle,
      name: process.name,
      daemon: true,
      parentPid: session.process?.pid ?? session.clientPid,
      parentName: session.process?.name ?? "MainProcess",
    },
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
