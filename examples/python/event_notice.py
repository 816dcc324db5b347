"""
Event: one process counts to 99 and sets the event; the other waits for it and goes on from 100.

    python3 examples/python/event_notice.py
"""

import polyproc as multiprocessing


def task001(e):
    for _ in range(0, 100):
        print(_)
    e.set()


def task002(e):
    e.wait()
    print("found notice: event is set...")
    for _ in range(100, 200):
        print(_)


if __name__ == "__main__":
    e = multiprocessing.Event()
    p001 = multiprocessing.Process(target=task001, args=(e,))
    p002 = multiprocessing.Process(target=task002, args=(e,))
    p001.start()
    p002.start()
