"""
A Python library, measured on request: one line in (work, count), one line out (seconds). `python.py multiprocessing`,
or `polyproc`, whose names are the same; `concurrent.futures`, `polyproc.futures`, `loky` or joblib's copy of it, each
with an executor; `joblib` itself.
"""

import importlib
import sys
import time
from contextlib import contextmanager

PROCESSES = 2
# In the children this file has no arguments.
multiprocessing = importlib.import_module(sys.argv[1] if len(sys.argv) > 1 else "multiprocessing")


def noop(*_):
    return None


def double(x):
    return x * 2


def size(data):
    return len(data)


def make(size):
    return bytes(size)


def produce(queue, count):
    for i in range(count):
        queue.put(i)


def consume(queue, count):
    for _ in range(count):
        queue.get()


def echo(end):
    while True:
        item = end.recv()
        if item is None:
            return
        end.send(item)


@contextmanager
def pool_of_workers():
    """A pool whose workers have started."""
    with multiprocessing.Pool(PROCESSES) as pool:
        pool.map(noop, range(PROCESSES * 4))
        yield pool


def at_once(pool, count, function, *args):
    """Seconds for `count` calls that are all handed out before the first result is awaited."""
    began = time.perf_counter()
    for result in [pool.apply_async(function, args) for _ in range(count)]:
        result.get()
    return time.perf_counter() - began


def noop_at_once(count):
    with pool_of_workers() as pool:
        return at_once(pool, count, noop)


def noop_one_by_one(count):
    with pool_of_workers() as pool:
        began = time.perf_counter()
        for _ in range(count):
            pool.apply(noop)
        return time.perf_counter() - began


def map_numbers(count):
    with pool_of_workers() as pool:
        numbers = list(range(count))
        began = time.perf_counter()
        pool.map(double, numbers)
        return time.perf_counter() - began


def megabyte(count):
    with pool_of_workers() as pool:
        return at_once(pool, count, size, bytes(1024 * 1024))


def megabyte_result(count):
    with pool_of_workers() as pool:
        return at_once(pool, count, make, 1024 * 1024)


def arrays(count):
    """Arrays of 100 MiB, each made when it is needed."""
    import numpy

    for i in range(count):
        yield numpy.full(100 * 1024 * 1024 // 8, float(i))


def array(count):
    with pool_of_workers() as pool:
        seconds = 0.0
        for one in arrays(count):
            began = time.perf_counter()
            pool.apply(size, (one,))
            seconds += time.perf_counter() - began
        return seconds


def array_memmap(count):
    """With joblib: the array is written to a file in memory, which the worker maps."""
    with multiprocessing.Parallel(PROCESSES) as parallel:
        parallel(multiprocessing.delayed(noop)(i) for i in range(PROCESSES * 4))
        seconds = 0.0
        for one in arrays(count):
            began = time.perf_counter()
            parallel([multiprocessing.delayed(size)(one)])
            seconds += time.perf_counter() - began
        return seconds


def queue_items(count):
    queue = multiprocessing.Queue()
    ends = [
        multiprocessing.Process(target=produce, args=(queue, count)),
        multiprocessing.Process(target=consume, args=(queue, count)),
    ]
    began = time.perf_counter()
    for end in ends:
        end.start()
    for end in ends:
        end.join()
    return time.perf_counter() - began


def pipe_round_trip(count):
    here, there = multiprocessing.Pipe()
    process = multiprocessing.Process(target=echo, args=(there,))
    process.start()
    here.send(0)
    here.recv()
    began = time.perf_counter()
    for i in range(count):
        here.send(i)
        here.recv()
    seconds = time.perf_counter() - began
    here.send(None)
    process.join()
    return seconds


def manager_lock(count):
    with multiprocessing.Manager() as manager:
        return acquire_release(manager.Lock(), count)


def lock(count):
    return acquire_release(multiprocessing.Lock(), count)


def with_lock(count):
    lock = multiprocessing.Lock()
    for _ in range(3):
        with lock:
            pass
    began = time.perf_counter()
    for _ in range(count):
        with lock:
            pass
    return time.perf_counter() - began


def acquire_release(lock, count):
    lock.acquire()
    lock.release()
    began = time.perf_counter()
    for _ in range(count):
        lock.acquire()
        lock.release()
    return time.perf_counter() - began


def start_join(count):
    context = multiprocessing.get_context("spawn")
    seconds = 0.0
    for _ in range(count):
        wait_for_warm_worker()
        began = time.perf_counter()
        process = context.Process(target=noop)
        process.start()
        process.join()
        seconds += time.perf_counter() - began
    return seconds


def wait_for_warm_worker():
    """Polyproc keeps workers ready; the machine is given the time to start them, and to be done with it."""
    if multiprocessing.__name__ == "polyproc":
        from polyproc._server.default import default_session

        if not hasattr(wait_for_warm_worker, "began"):
            wait_for_warm_worker.began = True
            process = multiprocessing.Process(target=noop)
            process.start()
            process.join()
        while default_session().request("server/status", {})["warmHosts"] < 2:
            time.sleep(0.02)
    time.sleep(0.15)


def executor():
    if multiprocessing.__name__.endswith("loky"):
        return multiprocessing.get_reusable_executor(PROCESSES)
    return multiprocessing.ProcessPoolExecutor(PROCESSES)


@contextmanager
def executor_of_workers():
    """An executor whose workers have started."""
    with executor() as pool:
        list(pool.map(noop, range(PROCESSES * 4)))
        yield pool


def submit(count):
    with executor_of_workers() as pool:
        began = time.perf_counter()
        for future in [pool.submit(noop) for _ in range(count)]:
            future.result()
        return time.perf_counter() - began


def submit_one_by_one(count):
    with executor_of_workers() as pool:
        began = time.perf_counter()
        for _ in range(count):
            pool.submit(noop).result()
        return time.perf_counter() - began


def executor_map(count):
    with executor_of_workers() as pool:
        numbers = list(range(count))
        began = time.perf_counter()
        list(pool.map(double, numbers, chunksize=count // (PROCESSES * 4)))
        return time.perf_counter() - began


if __name__ == "__main__":
    for line in sys.stdin:
        name, count = line.split()
        print(globals()[name](int(count)), flush=True)
