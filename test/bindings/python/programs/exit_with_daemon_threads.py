"""Daemon threads that wait when the program and its child end: they are stopped without a word."""

import multiprocessing
import threading


def poll(end):
    while True:
        end.poll(0.02)


def begin():
    """Starts them. Returns what must live as long as they."""
    queue, lock, event = multiprocessing.Queue(), multiprocessing.Lock(), multiprocessing.Event()
    ends, others = multiprocessing.Pipe(), multiprocessing.Pipe()
    lock.acquire()
    begun = threading.Semaphore(0)

    def run(function, args):
        begun.release()
        function(*args)

    for function, args in (
        (queue.get, ()),
        (lock.acquire, ()),
        (event.wait, ()),
        (ends[0].recv, ()),
        (poll, (others[0],)),
    ):
        threading.Thread(target=run, args=(function, args), daemon=True).start()
    for _ in range(5):
        begun.acquire()
    return queue, lock, event, ends, others


def child():
    kept = begin()
    print("the child ends", flush=True)
    del kept


if __name__ == "__main__":
    kept = begin()
    process = multiprocessing.get_context("spawn").Process(target=child)
    process.start()
    process.join()
    print("the program ends", process.exitcode)
