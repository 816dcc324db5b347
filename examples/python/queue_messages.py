"""
Queue: a producer puts, a consumer gets, neither waits, until Ctrl-C.

    python3 examples/python/queue_messages.py
"""

import time
import polyproc as multiprocessing
from queue import Empty, Full


def producer(q):
    while True:
        data = {"thread": multiprocessing.current_process().name, "value": time.time()}
        try:
            q.put(data, block=False)
        except Full as e:
            continue
        time.sleep(1)


def consumer(q):
    while True:
        try:
            print("producer: %(thread)s current value: %(value)s" % q.get(block=False))
        except Empty as e:
            continue
        time.sleep(1)


if __name__ == "__main__":
    q = multiprocessing.Queue()
    p = multiprocessing.Process(target=producer, args=(q,))
    c = multiprocessing.Process(target=consumer, args=(q,))
    p.start()
    c.start()
