"""Workers that start processes: those of an executor may, those of a pool if the program's processes say so."""

import multiprocessing
import threading
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.managers import AcquirerProxy, BaseManager, EventProxy
from multiprocessing.pool import Pool


class Parent(multiprocessing.get_context("spawn").Process):
    @property
    def daemon(self):
        return False

    @daemon.setter
    def daemon(self, daemonic):
        pass


class ParentContext(type(multiprocessing.get_context("spawn"))):
    Process = Parent


class PoolOfParents(Pool):
    def __init__(self, processes):
        super().__init__(processes, context=ParentContext())


def square(n):
    return n * n


def squares_below(n):
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return multiprocessing.current_process().daemon, pool.map(square, range(n))


class Threads(BaseManager):
    """Objects whose methods wait: each call needs a thread."""


Threads.register("Lock", threading.Lock, AcquirerProxy)
Threads.register("Event", threading.Event, EventProxy)


def lock_after(event, lock):
    event.set()
    with lock:
        pass


def main():
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn) as executor:
        print("executor:", executor.submit(squares_below, 3).result())
    with PoolOfParents(1) as pool:
        print("pool of parents:", pool.map(squares_below, [2, 4]))
    with spawn.Pool(1) as pool:
        try:
            pool.apply(squares_below, (1,))
        except AssertionError as error:
            print("pool:", error)
    with Threads(ctx=spawn) as manager:
        lock, event = manager.Lock(), manager.Event()
        with lock:
            process = spawn.Process(target=lock_after, args=(event, lock))
            process.start()
            event.wait()
            print("waits:", process.is_alive())
        process.join()
        print("exit code:", process.exitcode)


if __name__ == "__main__":
    main()
