import type { Budget } from "../budget.js";
import type { Clusters } from "./cluster-link.js";
import type { Clock } from "../clock.js";
import type { Guard } from "../guard.js";
import type { EngineLimits } from "../limits.js";
import type { PayloadCodec } from "../payload-codec.js";
import type { CommandDependencies } from "../processes/command-run.js";
import type { HostCache, LivePool } from "../processes/host-cache.js";
import type { OutputFolders } from "../processes/output-folders.js";
import type { OutputHub } from "../processes/output.js";
import type { ProcessTable } from "../processes/process-table.js";
import type { RuntimeOptions } from "../processes/runtime.js";
import type { FilePaths } from "../processes/target-source.js";
import type { Registry } from "../registry.js";
import type { EventLog } from "../watch/event-log.js";

/** The parts of the engine that pools, their workers and their jobs use. */
export type PoolDependencies = CommandDependencies & {
  readonly clock: Clock;
  readonly guard: Guard;
  readonly budget: Budget;
  readonly registry: Registry;
  readonly events: Pick<EventLog, "publishPool" | "publishTask" | "taskChanged">;
  readonly output: Pick<OutputHub, "flush" | "tail">;
  readonly outputFolders: OutputFolders;
  readonly processes: Pick<ProcessTable, "newTaskProcess">;
  readonly hosts: Pick<HostCache, "take" | "requireRuntime">;
  /** Pools that have work or workers, or may get some. */
  readonly livePools: { add(pool: LivePool): unknown; delete(pool: LivePool): unknown };
  /** The server is ending: pools begin no more tasks. */
  readonly ending: boolean;
  readonly options: {
    readonly clusters: Pick<Clusters, "shown" | "open">;
    readonly codec: PayloadCodec;
    readonly cpuCount: number;
    readonly limits: Pick<EngineLimits, "maxQueuedBytes">;
    readonly paths: FilePaths;
  } & RuntimeOptions;
};
