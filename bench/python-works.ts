import type { Work } from "./contender.js";
import { cpython, lokyWhereInstalled, pythonLibrary } from "./peers/python.js";

const multiprocessing = "CPython multiprocessing";
const futures = "concurrent.futures";
const managerLock = "CPython Manager().Lock()";
const spawn = "CPython multiprocessing, spawn";

const ours = (work: string, count: number) => pythonLibrary("polyproc", work, count, "polyproc for Python");

/** The Python binding, and the libraries that it can replace. */
export const pythonWorks: readonly Work[] = [
  {
    title: "Python: apply_async of no-ops, all at once",
    count: 20_000,
    goals: { [multiprocessing]: 1 },
    open: async () => [ours("noop_at_once", 20_000), cpython("noop_at_once", 20_000)],
  },
  {
    title: "Python: Pool.map of numbers, default chunk",
    count: 200_000,
    goals: { [multiprocessing]: 1.5 },
    open: async () => [ours("map_numbers", 200_000), cpython("map_numbers", 200_000)],
  },
  {
    title: "Python: submit of no-ops to an executor",
    count: 20_000,
    goals: { [futures]: 1 },
    open: async () => [
      pythonLibrary("polyproc.futures", "submit", 20_000, "polyproc.futures"),
      pythonLibrary("concurrent.futures", "submit", 20_000, futures),
      ...lokyWhereInstalled("submit", 20_000),
    ],
  },
  {
    title: "Python: an executor's map, 8 chunks",
    count: 200_000,
    goals: { [futures]: 1.5 },
    open: async () => [
      pythonLibrary("polyproc.futures", "executor_map", 200_000, "polyproc.futures"),
      pythonLibrary("concurrent.futures", "executor_map", 200_000, futures),
      ...lokyWhereInstalled("executor_map", 200_000),
    ],
  },
  {
    title: "Python: Queue, one producer, one consumer",
    count: 100_000,
    goals: { [multiprocessing]: 2 },
    open: async () => [ours("queue_items", 100_000), cpython("queue_items", 100_000)],
  },
  {
    title: "Python: Pipe round trip",
    count: 3000,
    goals: { [multiprocessing]: 2 },
    open: async () => [ours("pipe_round_trip", 3000), cpython("pipe_round_trip", 3000)],
  },
  {
    title: "Python: Lock acquire and release",
    count: 3000,
    goals: { [managerLock]: 1 },
    open: async () => [ours("lock", 3000), cpython("manager_lock", 3000, managerLock)],
  },
  {
    title: "Python: start and join of a process",
    count: 10,
    goals: { [spawn]: 0.5 },
    open: async () => [ours("start_join", 10), cpython("start_join", 10, spawn)],
  },
];
