"""Threads that are still at work when the main script ends, here and in a child."""

import atexit
import threading
import time
import multiprocessing


def child(queue):
    def late():
        time.sleep(0.2)
        queue.put("from a thread of the child")
        queue.put(None)

    threading.Thread(target=late).start()


def late(queue, ended):
    """Goes on while the interpreter ends."""
    ended.wait()
    for text in iter(queue.get, None):
        print(text, flush=True)


if __name__ == "__main__":
    # Children are fresh processes, as Polyproc's are.
    multiprocessing.set_start_method("spawn")
    atexit.register(print, "exit function", flush=True)
    queue = multiprocessing.SimpleQueue()
    multiprocessing.Process(target=child, args=(queue,)).start()
    ended = threading.Event()
    threading.Thread(target=late, args=(queue, ended)).start()
    print("end of the main script", flush=True)
    ended.set()
