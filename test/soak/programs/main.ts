/**
 * A program of a soak run: `main.js WORKLOAD PARAMETERS`. Errors that it meets are written to its log; it exits with 0
 * all the same.
 */
import { isMain, shutdown } from "polyproc";
import { Log } from "../log.js";
import { Random } from "../random.js";
import { pipe } from "./pipes.js";
import { guarded, imap, nested, pool } from "./pools.js";
import { queue } from "./queues.js";
import { barrier, condition, event, lock, semaphore } from "./sync.js";
import { tree } from "./trees.js";
import { writeError, type Params, type Workload } from "./workload.js";

const workloads: Record<string, Workload> = {
  barrier,
  condition,
  event,
  guarded,
  imap,
  lock,
  nested,
  pipe,
  pool,
  queue,
  semaphore,
  tree,
};

async function main(name: string, params: Params): Promise<void> {
  const log = new Log(params.log);
  log.write("begin", { workload: name });
  let left = params.count;
  const end = performance.now() + params.lengthMs;
  try {
    await workloads[name]!({
      params,
      log,
      random: new Random(params.seed),
      goesOn: () => left-- > 0 && performance.now() < end,
    });
  } catch (error) {
    writeError(log, name, error);
  }
  await shutdown().catch((error: unknown) => writeError(log, "shutdown", error));
  log.write("end");
  log.close();
}

if (isMain(import.meta)) await main(process.argv[2]!, JSON.parse(process.argv[3]!) as Params);
