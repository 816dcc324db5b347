import type { Examples } from "./example.js";
import { batchExamples } from "./batch.js";
import { clusterExamples } from "./cluster.js";
import { eventsExamples } from "./events.js";
import { jobExamples } from "./job.js";
import { lifecycleExamples } from "./lifecycle.js";
import { memoryExamples } from "./memory.js";
import { pipeExamples } from "./pipe.js";
import { poolExamples } from "./pool.js";
import { processExamples } from "./process.js";
import { queueExamples } from "./queue.js";
import { runExamples } from "./run.js";
import { syncExamples } from "./sync.js";
import { waitsExamples } from "./waits.js";
import { workerExamples } from "./worker.js";

/** One example for every message of the protocol. */
export const examples: Examples = {
  ...lifecycleExamples,
  ...processExamples,
  ...syncExamples,
  ...queueExamples,
  ...pipeExamples,
  ...memoryExamples,
  ...poolExamples,
  ...jobExamples,
  ...runExamples,
  ...batchExamples,
  ...clusterExamples,
  ...eventsExamples,
  ...waitsExamples,
  ...workerExamples,
};
