"""
Pipe: a producer sends, a consumer receives, until Ctrl-C.

    python3 examples/python/pipe_messages.py
"""

import time
import polyproc as multiprocessing


def producer(pipe):
    while True:
        data = {"thread": multiprocessing.current_process().name, "value": time.time()}
        try:
            pipe.send(data)
        except EOFError as e:
            break
        time.sleep(1)


def consumer(pipe):
    while True:
        try:
            print("producer: %(thread)s current value: %(value)s" % pipe.recv())
        except EOFError as e:
            break
        time.sleep(1)


if __name__ == "__main__":
    # Half-duplex: pipe[0] receives, pipe[1] sends
    pipe = multiprocessing.Pipe(duplex=False)
    p = multiprocessing.Process(target=producer, args=(pipe[1],))
    c = multiprocessing.Process(target=consumer, args=(pipe[0],))
    p.start()
    c.start()
