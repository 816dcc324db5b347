import type { Budget } from "../budget.js";
import type { ChannelTable } from "../bypass/pipe-channel.js";
import type { Guard } from "../guard.js";
import type { EngineLimits } from "../limits.js";
import type { Registry, SharedObject } from "../registry.js";

/** The parts of the engine that queues use. */
export interface QueueDependencies {
  readonly registry: Registry;
  readonly events: { syncChanged(object: SharedObject, gone: boolean): void };
  readonly options: { readonly limits: Pick<EngineLimits, "maxBufferedBytes"> };
}

export interface ClusterQueueDependencies extends QueueDependencies {
  readonly guard: Guard;
}

export interface PipeDependencies extends QueueDependencies {
  readonly budget: Budget;
  readonly channels: ChannelTable;
}
