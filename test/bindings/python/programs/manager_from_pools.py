"""Objects of a manager in workers of pools and executors, in each other, and handed on."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor

shared = None


def keep(d, lock):
    global shared
    shared = d, lock


def add(n):
    d, lock = shared
    with lock:
        d["sum"] = d.get("sum", 0) + n
    return n


def square(args):
    results, n = args
    results.append(n * n)
    return len(results) > 0


def put(queue, n):
    queue.put(n)
    return n


def nested(outer, n):
    outer["list"].append(n)
    outer["dict"][n] = str(n)
    outer["deep"][0]["inner"].append(n)


def make(registry, name):
    """Hands on what came in another object."""
    inner = registry["spare"]
    inner.append(name)
    registry[name] = inner
    return inner


def main():
    manager = multiprocessing.Manager()
    d, lock = manager.dict(), manager.Lock()
    with multiprocessing.Pool(3, keep, (d, lock)) as pool:
        print(pool.map(add, range(10)), d["sum"])
        results = manager.list()
        print(all(pool.map(square, [(results, n) for n in range(8)])), sorted(results))
        queue = manager.Queue()
        for n in range(4):
            pool.apply_async(put, (queue, n))
        print(sorted(queue.get(timeout=60) for _ in range(4)))

        outer = manager.dict(list=manager.list(), dict=manager.dict())
        outer["deep"] = manager.list([manager.dict(inner=manager.list())])
        pool.starmap(nested, [(outer, n) for n in range(5)])
        print(sorted(outer["list"]), sorted(outer["dict"].items()), sorted(outer["deep"][0]["inner"]))

        registry = manager.dict(spare=manager.list())
        inner = pool.apply(make, (registry, "one"))
        inner.append("two")
        print(list(registry["one"]), list(registry["spare"]), type(inner).__name__)

    with ProcessPoolExecutor(2) as executor:
        log = manager.list()
        futures = [executor.submit(square, (log, n)) for n in range(5)]
        print([future.result() for future in futures], sorted(log))
        print(list(executor.map(put, [queue] * 3, range(3))), sorted(queue.get() for _ in range(3)))
    manager.shutdown()


if __name__ == "__main__":
    main()
