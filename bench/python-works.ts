import type { Work } from "./contender.js";
import { cpython, lokyWhereInstalled, pythonLibrary, withNumpy } from "./peers/python.js";

const multiprocessing = "CPython multiprocessing";
const futures = "concurrent.futures";
const managerLock = "CPython Manager().Lock()";
const spawn = "CPython multiprocessing, spawn";

/** The same work with Polyproc and with multiprocessing. `theirs`: what is different there. */
function besideCpython(
  title: string,
  count: number,
  goal: number,
  work: string,
  theirs: { work?: string; name?: string } = {},
): Work {
  const name = theirs.name ?? multiprocessing;
  return {
    title,
    count,
    goals: { [name]: goal },
    open: async () => [
      pythonLibrary("polyproc", work, count, "polyproc for Python"),
      cpython(theirs.work ?? work, count, name),
    ],
  };
}

/** The Python binding, and the libraries that it can replace. */
export const pythonWorks: readonly Work[] = [
  besideCpython("Python: apply_async of no-ops, all at once", 20_000, 1, "noop_at_once"),
  besideCpython("Python: apply of a no-op, one at a time", 2000, 0.8, "noop_one_by_one"),
  besideCpython("Python: Pool.map of numbers, default chunk", 200_000, 1.5, "map_numbers"),
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
    title: "Python: a call of an executor, one at a time",
    count: 2000,
    goals: { [futures]: 0.5 },
    open: async () => [
      pythonLibrary("polyproc.futures", "submit_one_by_one", 2000, "polyproc.futures"),
      pythonLibrary("concurrent.futures", "submit_one_by_one", 2000, futures),
      ...lokyWhereInstalled("submit_one_by_one", 2000),
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
  besideCpython("Python: 1 MiB bytes argument", 20, 1, "megabyte"),
  besideCpython("Python: 1 MiB bytes result", 20, 1, "megabyte_result"),
  {
    title: "Python: 100 MiB numpy array as argument",
    count: 3,
    goals: { [multiprocessing]: 0.2, "joblib, memmap": 1 },
    open: async () => withNumpy(3),
  },
  besideCpython("Python: Queue, one producer, one consumer", 100_000, 2, "queue_items"),
  besideCpython("Python: Pipe round trip", 3000, 2, "pipe_round_trip"),
  besideCpython("Python: Lock acquire and release", 3000, 1, "lock", { work: "manager_lock", name: managerLock }),
  besideCpython("Python: Lock in a with", 100_000, 0.6, "with_lock"),
  besideCpython("Python: start and join of a process", 10, 0.5, "start_join", { name: spawn }),
];
