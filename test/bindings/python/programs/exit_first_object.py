"""The first object of the program is made by an exit function."""

import atexit
import multiprocessing


def hello(queue):
    queue.put("from a child")


def at_the_end():
    queue = multiprocessing.SimpleQueue()
    process = multiprocessing.Process(target=hello, args=(queue,))
    process.start()
    print(queue.get(), flush=True)
    process.join()
    print(process.exitcode, flush=True)
    with multiprocessing.Lock():
        print("locked", flush=True)


if __name__ == "__main__":
    atexit.register(at_the_end)
