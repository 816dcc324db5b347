"""What the chapter on multiprocessing in Python's manual shows, one function for each idea."""

import logging
import os
import random
import sys
import time
from ctypes import Structure, c_double
import multiprocessing
from multiprocessing import (
    Array,
    Lock,
    Manager,
    Pipe,
    Pool,
    Process,
    Queue,
    RawArray,
    Semaphore,
    TimeoutError,
    Value,
    current_process,
)
from multiprocessing.connection import wait
from multiprocessing.sharedctypes import RawValue


def facts(title, conn):
    conn.send([title, __name__ in ("__main__", "__mp_main__"), os.getppid() > 0, current_process().name])
    conn.close()


def fill_queue(queue):
    queue.put([42, None, "hello"])


def fill_pipe(conn):
    conn.send([42, None, "hello"])
    conn.close()


def say(lock, n):
    lock.acquire()
    try:
        print("hello world", n, flush=True)
    finally:
        lock.release()


def share(number, numbers):
    number.value = 3.1415927
    for i in range(len(numbers)):
        numbers[i] = -numbers[i]


def manage(d, l):
    d[1] = "1"
    d["2"] = 2
    d[0.25] = None
    l.reverse()


def square(n):
    return n * n


def slowly(n):
    time.sleep(n)
    return n


class Point(Structure):
    _fields_ = [("x", c_double), ("y", c_double)]


def modify(n, x, s, points):
    n.value **= 2
    x.value **= 2
    s.value = s.value.upper()
    for point in points:
        point.x **= 2
        point.y **= 2


def chatter(conn, name):
    for i in range(5):
        conn.send((i, name))
    conn.close()


def count(iterations, lock, counter):
    for _ in range(iterations):
        with lock:
            counter.value += 1


def call_star(args):
    return args[0](*args[1])


def multiply(a, b):
    time.sleep(0.02 * random.random())
    return a * b


def add(a, b):
    return a + b


def inverse(n):
    return 1.0 / (n - 5.0)


def calculate_all(tasks, results):
    for function, args in iter(tasks.get, "STOP"):
        results.put((current_process().name.startswith("Process-"), function.__name__, args, function(*args)))


def exchange():
    ours, theirs = Pipe()
    process = Process(target=facts, args=("function f", theirs), name="worker 1")
    process.start()
    print(ours.recv(), process.name, process.pid != os.getpid())
    process.join()
    queue = Queue()
    process = Process(target=fill_queue, args=(queue,))
    process.start()
    print(queue.get())
    process.join()
    ours, theirs = Pipe()
    process = Process(target=fill_pipe, args=(theirs,))
    process.start()
    print(ours.recv())
    process.join()
    theirs.close()
    try:
        ours.recv()
    except EOFError as error:
        print("EOFError", error)
    a, b = Pipe()
    a.send([1, "hello", None])
    print(b.recv())
    b.send_bytes(b"thank you")
    print(a.recv_bytes(), a.poll(), a.poll(0))
    from array import array

    first, second = array("i", range(5)), array("i", [0] * 10)
    a.send_bytes(first)
    print(b.recv_bytes_into(second) == len(first) * first.itemsize, second)
    a.send_bytes(b"too long")
    try:
        b.recv_bytes_into(bytearray(3))
    except multiprocessing.BufferTooShort as error:
        print(type(error).__name__, error.args)


def share_state():
    lock = Lock()
    processes = [Process(target=say, args=(lock, n)) for n in range(3)]
    for process in processes:
        process.start()
        process.join()
    number, numbers = Value("d", 0.0), Array("i", range(10))
    process = Process(target=share, args=(number, numbers))
    process.start()
    process.join()
    print(number.value, numbers[:])
    with Manager() as manager:
        d, l = manager.dict(), manager.list(range(10))
        process = Process(target=manage, args=(d, l))
        process.start()
        process.join()
        print(d, l)
    lock = Lock()
    n, x = Value("i", 7), Value(c_double, 1.0 / 3.0, lock=False)
    s, points = (
        Array("c", b"hello world", lock=lock),
        Array(Point, [(1.875, -6.25), (-5.75, 2.0), (2.375, 9.5)], lock=lock),
    )
    process = Process(target=modify, args=(n, x, s, points))
    process.start()
    process.join()
    print(n.value, x.value, s.value, [(point.x, point.y) for point in points])
    print(RawValue("i", 4).value, list(RawArray("h", 3)))
    counter = Value("i", 0)
    processes = [Process(target=count, args=(50, lock, counter)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    print(counter.value)


def pools():
    with Pool(processes=3) as pool:
        print(pool.map(square, range(10)), sorted(pool.imap_unordered(square, range(10))))
        print(pool.apply_async(square, (20,)).get(timeout=60), pool.apply_async(os.getpid, ()).get() != os.getpid())
        print(len({result.get() for result in [pool.apply_async(os.getpid, ()) for _ in range(4)]}) <= 3)
        slow = pool.apply_async(slowly, (600,))
        try:
            slow.get(timeout=0.1)
        except TimeoutError as error:
            print("TimeoutError", repr(error))
        it = pool.imap(square, range(3))
        print(next(it), next(it), it.next(timeout=60))
        try:
            next(it)
        except StopIteration:
            print("StopIteration")
        tasks = [(multiply, (i, 7)) for i in range(10)] + [(add, (i, 8)) for i in range(10)]
        print(list(pool.imap(call_star, tasks)) == pool.map(call_star, tasks), pool.starmap(add, [(1, 2), (3, 4)]))
        for attempt in (
            lambda: pool.apply(inverse, (5,)),
            lambda: pool.map(inverse, list(range(10))),
            lambda: list(pool.imap(inverse, list(range(10)))),
        ):
            try:
                attempt()
            except ZeroDivisionError as error:
                print("ZeroDivisionError", error)
        it = pool.imap(inverse, list(range(10)))
        good = 0
        for _ in range(11):
            try:
                next(it)
                good += 1
            except ZeroDivisionError:
                print("in the middle")
            except StopIteration:
                break
        print(good)
        called = []
        pool.map_async(square, [3], callback=called.append).wait()
        pool.apply_async(inverse, (5,), error_callback=lambda error: called.append(type(error).__name__)).wait()
        print(called)
        result = pool.apply_async(square, (2,))
        result.wait(30)
        print(result.ready(), result.successful(), result.get())
    try:
        pool.map(square, [1])
    except ValueError as error:
        print("ValueError", error)
    pool = Pool(2)
    results = pool.map_async(square, range(5))
    pool.close()
    pool.join()
    print(results.get())


def queues():
    tasks, results = Queue(), Queue()
    for i in range(20):
        tasks.put((multiply, (i, 7)))
    processes = [Process(target=calculate_all, args=(tasks, results)) for _ in range(3)]
    for process in processes:
        process.start()
    for i in range(10):
        tasks.put((add, (i, 8)))
    print(sorted((results.get() for _ in range(30)), key=str))
    for _ in processes:
        tasks.put("STOP")
    for process in processes:
        process.join()


def waiting():
    readers = []
    for i in range(4):
        reader, writer = Pipe(duplex=False)
        readers.append(reader)
        Process(target=chatter, args=(writer, f"writer {i}")).start()
        writer.close()
    came = []
    while readers:
        for reader in wait(readers):
            try:
                came.append(reader.recv())
            except EOFError:
                readers.remove(reader)
    print(sorted(came))
    process = Process(target=slowly, args=(0.1,))
    process.start()
    print(wait([process.sentinel], timeout=60) == [process.sentinel], wait([], timeout=0))
    process.join()
    semaphore = Semaphore(2)
    print(semaphore.acquire(), semaphore.acquire(), semaphore.acquire(False), semaphore.acquire(timeout=0.05))


def lives():
    process = Process(target=slowly, args=(600,))
    print(process.is_alive())
    process.start()
    print(process.is_alive())
    process.terminate()
    process.join(60)
    print(process.is_alive(), process.exitcode)
    logger = multiprocessing.get_logger()
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logging.Formatter("[%(levelname)s/%(processName)s] %(message)s"))
    logger.addHandler(handler)
    logger.warning("doomed")
    print(
        multiprocessing.cpu_count() == os.cpu_count(),
        multiprocessing.parent_process(),
        multiprocessing.active_children(),
    )


def main():
    for part in (exchange, share_state, pools, queues, waiting, lives):
        print("---", part.__name__, flush=True)
        part()


if __name__ == "__main__":
    multiprocessing.freeze_support()
    multiprocessing.set_start_method("spawn")
    main()
