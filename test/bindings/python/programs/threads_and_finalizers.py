"""What of multiprocessing involves no process: thread pools, multiprocessing.dummy, finalizers, the logger."""

import logging
import multiprocessing
import sys
from multiprocessing import dummy, util
from multiprocessing.dummy import Pool as DummyPool
from multiprocessing.pool import ThreadPool


def square(n):
    return n * n


def late(kind):
    print("at the end:", kind, flush=True)


def child():
    util.Finalize(None, print, args=("a child's finalizer",), kwargs={"flush": True}, exitpriority=10)
    util.info("told")
    print("the child ran", flush=True)


class Tempered:
    pass


if __name__ == "__main__":
    with ThreadPool(2) as pool:
        print(pool.map(square, range(4)))
        try:
            pool.apply_async(input, ("",)).get(timeout=0)
        except multiprocessing.TimeoutError:
            print("not yet")
        except EOFError:
            print("not yet")
    with DummyPool(2) as pool:
        print(pool.map(square, range(3)))
    threads = [dummy.Process(target=print, args=("a thread",)) for _ in range(2)]
    for thread in threads:
        thread.start()
        thread.join()
    print(dummy.Value("i", 3).value, list(dummy.Array("i", [1, 2])))

    one = Tempered()
    util.Finalize(one, print, args=("it was let go",))
    del one
    util.Finalize(None, late, args=("priority 1",), exitpriority=1)
    util.Finalize(None, late, args=("priority 2",), exitpriority=2)

    records = []

    class Kept(logging.Handler):
        def emit(self, record):
            records.append(f"[{record.levelname}/{record.processName}] {record.getMessage()}")

    logger = multiprocessing.get_logger()
    print(logger is util.get_logger(), logger.name, logging.getLevelName(util.SUBDEBUG))
    logger.addHandler(Kept())
    logger.setLevel(util.SUBDEBUG)
    util.sub_debug("sub %d", 1)
    util.sub_warning("warning %d", 2)
    logger.setLevel(logging.CRITICAL)
    print(records)

    process = multiprocessing.Process(target=child)
    process.start()
    process.join()
    print(process.exitcode)
    sys.stdout.flush()
