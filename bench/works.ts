import { seconds, type Contender, type TaskName, type TaskPool, type Work } from "./contender.js";
import { forkAndWait } from "./peers/fork.js";
import { nodePools, openTinypool } from "./peers/node-pools.js";
import { cpython } from "./peers/python.js";
import * as polyproc from "./polyproc.js";
import { pythonWorks } from "./python-works.js";

const python = "CPython multiprocessing";
const managerLock = "CPython Manager().Lock()";
const pythonLock = "CPython Lock, in a with";

async function atOnce(
  open: () => Promise<TaskPool>,
  count: number,
  task: TaskName,
  argument?: unknown,
): Promise<Contender> {
  const pool = await open();
  await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map(() => pool.run("noop")));
  return {
    name: pool.name,
    measure: () => seconds(() => Promise.all(Array.from({ length: count }, () => pool.run(task, argument)))),
    close: () => pool.close(),
  };
}

async function oneByOne(open: () => Promise<TaskPool>, count: number): Promise<Contender> {
  const pool = await open();
  await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map(() => pool.run("noop")));
  return {
    name: pool.name,
    measure: () =>
      seconds(async () => {
        for (let i = 0; i < count; i++) await pool.run("noop");
      }),
    close: () => pool.close(),
  };
}

/** Every comparison, with its goal: Polyproc's time divided by the peer's. */
export const works: readonly Work[] = [
  {
    title: "no-op tasks, all at once",
    count: 20_000,
    goals: {
      "tinypool (child_process)": 0.5,
      "workerpool (process)": 0.5,
      "jest-worker (process)": 0.5,
      "piscina (threads)": 1,
      [python]: 1,
    },
    open: async () => [
      await polyproc.noopAtOnce(20_000),
      ...(await Promise.all(nodePools.map((open) => atOnce(open, 20_000, "noop")))),
      cpython("noop_at_once", 20_000),
    ],
  },
  {
    title: "no-op task, one at a time",
    count: 2000,
    goals: { "tinypool (child_process)": 1.25 },
    open: async () => [
      await polyproc.noopOneByOne(2000),
      await oneByOne(openTinypool, 2000),
      cpython("noop_one_by_one", 2000),
    ],
  },
  {
    title: "map of numbers, default chunk",
    count: 200_000,
    goals: { [python]: 1 },
    open: async () => [await polyproc.mapNumbers(200_000), cpython("map_numbers", 200_000)],
  },
  {
    title: "1 MiB bytes argument",
    count: 20,
    goals: { "tinypool (child_process)": 1, "workerpool (process)": 1, "jest-worker (process)": 1, [python]: 1 },
    open: async () => [
      await polyproc.megabyte(20),
      ...(await Promise.all(
        nodePools.slice(0, 3).map((open) => atOnce(open, 20, "size", new Uint8Array(1024 * 1024))),
      )),
      cpython("megabyte", 20),
    ],
  },
  {
    title: "1 MiB bytes result",
    count: 20,
    goals: { "tinypool (child_process)": 1, "workerpool (process)": 1, "jest-worker (process)": 1, [python]: 1 },
    open: async () => [
      await polyproc.megabyteResult(20),
      ...(await Promise.all(nodePools.slice(0, 3).map((open) => atOnce(open, 20, "make", 1024 * 1024)))),
      cpython("megabyte_result", 20),
    ],
  },
  {
    title: "Queue, one producer, one consumer",
    count: 100_000,
    goals: { [python]: 1 },
    open: async () => [await polyproc.queueItems(100_000), cpython("queue_items", 100_000)],
  },
  {
    title: "Pipe round trip",
    count: 3000,
    goals: { [python]: 1 },
    open: async () => [await polyproc.pipeRoundTrip(3000), cpython("pipe_round_trip", 3000)],
  },
  {
    title: "Lock acquire and release",
    count: 3000,
    goals: { [managerLock]: 1 },
    open: async () => [await polyproc.lockUnlock(3000), cpython("manager_lock", 3000, managerLock)],
  },
  {
    title: "Lock acquire and release, in a row",
    count: 100_000,
    goals: { [pythonLock]: 4 },
    open: async () => [await polyproc.lockUnlock(100_000), cpython("with_lock", 100_000, pythonLock)],
  },
  {
    title: "Lock held by useSync",
    count: 100_000,
    goals: { [pythonLock]: 0.4 },
    open: async () => [await polyproc.useSync(100_000), cpython("with_lock", 100_000, pythonLock)],
  },
  {
    title: "start and join of a process, from a warm host",
    count: 10,
    goals: { "child_process.fork": 0.3 },
    open: async () => [await polyproc.startJoin(10), await forkAndWait(10)],
  },
  ...pythonWorks,
];
