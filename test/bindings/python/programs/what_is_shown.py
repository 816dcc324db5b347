"""What objects say of themselves."""

import logging
import re
import time
import multiprocessing


class Special(multiprocessing.Process):
    def run(self):
        print(shown(multiprocessing.current_process()), shown(multiprocessing.parent_process().name), flush=True)


def shown(value):
    # Names of the package, numbers of processes and addresses differ.
    text = re.sub(r"multiprocessing|polyproc", "PACKAGE", str(value))
    return re.sub(r"0x[0-9a-f]+", "ADDRESS", re.sub(r"(pid|parent)=\d+", r"\1=N", text))


def sleep():
    time.sleep(600)


def fail():
    raise SystemExit(3)


def log():
    logger = multiprocessing.get_logger()
    print(logger.getEffectiveLevel(), len(logger.handlers), bool(logger.propagate))
    record = logging.getLogger("program").makeRecord("program", logging.INFO, "file", 1, "text", (), None)
    # How workers of pools are counted differs.
    print(re.sub(r"(Spawn)?PoolWorker-\d+", "a worker", record.processName), flush=True)


def run(process):
    process.start()
    process.join()
    return process


def main():
    for process in (
        multiprocessing.Process(target=sleep),
        multiprocessing.Process(target=sleep, name="named", daemon=True),
    ):
        print(shown(process))
        process.start()
        print(shown(process), shown(multiprocessing.active_children()))
        process.terminate()
        process.join()
        print(shown(process), process.exitcode)
        process.close()
        print(shown(process))
    killed = multiprocessing.Process(target=sleep)
    killed.start()
    killed.kill()
    killed.join()
    print(
        shown(killed),
        shown(run(multiprocessing.Process(target=fail))),
        shown(run(multiprocessing.Process(target=print))),
    )
    print(shown(run(Special(daemon=True))), shown(multiprocessing.current_process()))

    lock, rlock, condition = multiprocessing.Lock(), multiprocessing.RLock(), multiprocessing.Condition()
    print(lock, rlock, condition)
    with lock, rlock, rlock, condition:
        print(lock, rlock, condition)
    print(lock, multiprocessing.Semaphore(3))
    barrier = multiprocessing.Barrier(2)
    print(barrier.parties, barrier.n_waiting, barrier.broken)
    barrier.abort()
    print(barrier.broken)
    print(
        multiprocessing.Value("i", 3), shown(multiprocessing.Array("i", 2)), multiprocessing.Value("i", 1, lock=False)
    )
    print(shown(multiprocessing.Queue()), shown(multiprocessing.JoinableQueue()), shown(multiprocessing.SimpleQueue()))
    with multiprocessing.Pool(1) as pool:
        print(shown(pool))
        try:
            pool.join()
        except ValueError as error:
            print(error)
    print(shown(pool))
    for wrong in (
        lambda: multiprocessing.Pool(0),
        lambda: run(multiprocessing.Process(group=1)),
        lambda: process.join(),
        lambda: multiprocessing.Process(target=print).join(),
        lambda: multiprocessing.get_context("none"),
        lambda: lock.release(),
        lambda: rlock.release(),
        lambda: barrier.wait(),
        lambda: pool.map(len, [1]),
        lambda: multiprocessing.Pipe()[0].poll("x"),
        lambda: multiprocessing.BoundedSemaphore(1).release(),
        lambda: multiprocessing.JoinableQueue().task_done(),
        lambda: killed.start(),
    ):
        try:
            print(wrong())
        except BaseException as error:
            print(type(error).__name__, error)

    print(multiprocessing.SUBDEBUG, multiprocessing.SUBWARNING)
    run(multiprocessing.Process(target=log, name="first"))
    logger = multiprocessing.get_logger()
    logger.addHandler(logging.NullHandler())
    logger.setLevel(multiprocessing.SUBWARNING)
    run(multiprocessing.Process(target=log, name="logs"))
    with multiprocessing.Pool(1) as pool:
        pool.apply(log)


if __name__ == "__main__":
    multiprocessing.set_start_method("spawn")
    main()
