import type { PoolDependencies } from "../pools/dependencies.js";
import type { SessionDependencies } from "../session.js";
import type { EventLog } from "../watch/event-log.js";
import type { OpenRunCache } from "./run-cache.js";

/** What a run, its session and its pool need of the engine. */
export type RunDependencies = SessionDependencies &
  PoolDependencies & {
    readonly events: Pick<EventLog, "runChanged">;
    /** Pid of the server, the parent of the processes of runs. */
    readonly options: { readonly pid: number; readonly openRunCache: OpenRunCache };
  };
