"""
A library that stops its own workers when the program ends: its exit function runs before multiprocessing waits for
them.
"""

import atexit
import multiprocessing

# Loads what waits for children at the end, which is so registered before the library's function.
from multiprocessing.queues import Empty, Queue  # noqa: F401

_workers = []


def _work(tasks, results):
    for task in iter(tasks.get, None):
        results.put(task * 2)


def start():
    tasks, results = multiprocessing.Queue(), multiprocessing.Queue()
    process = multiprocessing.Process(target=_work, args=(tasks, results))
    process.start()
    _workers.append((process, tasks, results))
    return tasks, results


def _stop():
    for process, tasks, results in _workers:
        tasks.put(None)
        process.join(60)
        print("stopped", process.exitcode, process.is_alive(), flush=True)


atexit.register(_stop)

if __name__ == "__main__":
    tasks, results = start()
    tasks.put(21)
    print(results.get())
    print("end of the main script", flush=True)
