import { barrierHandlers } from "./barrier.js";
import { batchHandlers } from "./batch.js";
import { clusterHandlers } from "./cluster.js";
import { conditionHandlers } from "./condition.js";
import { eventHandlers } from "./event.js";
import { eventsHandlers } from "./events.js";
import { handleHandlers } from "./handle.js";
import type { Handler } from "./handler.js";
import { jobHandlers } from "./job.js";
import { lockHandlers } from "./lock.js";
import { memoryHandlers } from "./memory.js";
import { pipeHandlers } from "./pipe.js";
import { poolHandlers } from "./pool.js";
import { processHandlers } from "./process.js";
import { queueHandlers } from "./queue.js";
import { runHandlers } from "./run.js";
import { semaphoreHandlers } from "./semaphore.js";
import { serverHandlers } from "./server.js";
import { workerHandlers } from "./worker.js";

/**
 * All handlers. `initialize`, `shutdown`, `exit`, `$/cancelRequest` and `worker/ready` belong to the lifecycle of a
 * connection: connection.ts handles them.
 */
export const handlers: readonly Handler[] = [
  ...serverHandlers,
  ...handleHandlers,
  ...processHandlers,
  ...lockHandlers,
  ...semaphoreHandlers,
  ...eventHandlers,
  ...conditionHandlers,
  ...barrierHandlers,
  ...queueHandlers,
  ...pipeHandlers,
  ...memoryHandlers,
  ...poolHandlers,
  ...jobHandlers,
  ...runHandlers,
  ...batchHandlers,
  ...clusterHandlers,
  ...eventsHandlers,
  ...workerHandlers,
];

export const handlerByMethod: ReadonlyMap<string, Handler> = new Map(
  handlers.map((handler) => [handler.message.method, handler]),
);
