/**
 * A script that holds a lock and has children of every kind, says their pids, and ends in the way that it is told:
 * `holds-everything.js ENDING GO-FILE [continue]`. The non-daemonic child ends once GO-FILE is there.
 */
import { isMain, Lock, Pool, Process, Queue, task } from "polyproc";
import * as tasks from "../tasks.js";

export type Ending = "waits" | "exits" | "throws" | "rejects" | "returns" | "terminates";

export interface Pids {
  daemonic: number;
  plain: number;
  worker: number | null;
}

const meta = { url: new URL("../tasks.js", import.meta.url).href };

async function main(ending: Ending, goFile: string, onParentDeath: "end" | "continue"): Promise<void> {
  const lock = new Lock({ name: "held-by-the-script" });
  await lock.acquire();
  const said = new Queue<number>();
  const daemonic = new Process({ target: task(meta, tasks.sayPidAndSpin), args: [said], daemon: true });
  await daemonic.start();
  await said.get();
  const plain = new Process({ target: task(meta, tasks.waitForFile), args: [goFile, said], onParentDeath });
  await plain.start();
  await said.get();
  const pool = new Pool(1);
  let worker: number | null = null;
  // A task under way would keep the script from ending by itself.
  if (ending !== "returns") {
    pool.applyAsync(task(meta, tasks.sayPidAndSpin), [said]);
    worker = await said.get();
  } else await pool.apply(task(meta, tasks.double), [1]);
  const pids: Pids = { daemonic: daemonic.pid!, plain: plain.pid!, worker };
  console.log(JSON.stringify(pids));
  switch (ending) {
    case "waits":
    case "returns":
      return;
    case "exits":
      process.exit(7);
      return;
    case "throws":
      throw new Error("the script's own fault");
    case "rejects":
      void Promise.reject(new Error("nobody listens"));
      return;
    case "terminates":
      process.kill(process.pid, "SIGTERM");
  }
}

if (isMain(import.meta))
  await main(process.argv[2] as Ending, process.argv[3]!, process.argv[4] === "continue" ? "continue" : "end");
