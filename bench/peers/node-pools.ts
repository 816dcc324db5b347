import { fileURLToPath } from "node:url";
import { Worker as JestWorker } from "jest-worker";
import { Piscina } from "piscina";
import { Tinypool } from "tinypool";
import workerpool from "workerpool";
import { processes, type TaskName, type TaskPool } from "../contender.js";

const tasks = fileURLToPath(new URL("../../../bench/peers/tasks.cjs", import.meta.url));
const workerpoolTasks = fileURLToPath(new URL("../../../bench/peers/workerpool-tasks.cjs", import.meta.url));

/** The common pools for Node, each with two worker processes (piscina: threads). */
export const nodePools: readonly (() => Promise<TaskPool>)[] = [
  openTinypool,
  openWorkerpool,
  openJestWorker,
  openPiscina,
];

export async function openTinypool(): Promise<TaskPool> {
  const pool = new Tinypool({
    filename: tasks,
    runtime: "child_process",
    minThreads: processes,
    maxThreads: processes,
  });
  return {
    name: "tinypool (child_process)",
    run: (name, argument) => pool.run(argument, { name }),
    close: () => pool.destroy(),
  };
}

async function openWorkerpool(): Promise<TaskPool> {
  const pool = workerpool.pool(workerpoolTasks, {
    workerType: "process",
    minWorkers: processes,
    maxWorkers: processes,
  });
  return {
    name: "workerpool (process)",
    run: async (name, argument) => await pool.exec(name, [argument]),
    close: async () => {
      await pool.terminate();
    },
  };
}

async function openJestWorker(): Promise<TaskPool> {
  const pool = new JestWorker(tasks, {
    numWorkers: processes,
    exposedMethods: ["noop", "size", "make"],
  }) as JestWorker & Record<TaskName, (argument: unknown) => Promise<unknown>>;
  return {
    name: "jest-worker (process)",
    run: (name, argument) => pool[name](argument),
    close: async () => {
      await pool.end();
    },
  };
}

async function openPiscina(): Promise<TaskPool> {
  const pool = new Piscina({ filename: tasks, minThreads: processes, maxThreads: processes, maxQueue: Infinity });
  return {
    name: "piscina (threads)",
    run: (name, argument) => pool.run(argument, { name }),
    close: () => pool.destroy(),
  };
}
