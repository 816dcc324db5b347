"""
Process: a class of one's own, and a function.

    python3 examples/python/processes.py [INTERVAL]

INTERVAL: seconds of each of the ten sleeps, default 1.
"""

import sys
import time
import polyproc as multiprocessing

INTERVAL = float(sys.argv[1]) if len(sys.argv) > 1 else 1


# One way: a class
class TaskHandler(multiprocessing.Process):
    def __init__(self, interval, *args, **kwargs):
        super(TaskHandler, self).__init__(*args, **kwargs)
        self.interval = interval

    # p.start() calls it
    def run(self):
        for _ in range(10):
            time.sleep(self.interval)


# The other way: a function
def taskhandler(interval):
    for _ in range(10):
        time.sleep(interval)


if __name__ == "__main__":
    processes = []
    for _ in range(5):
        processes.append(TaskHandler(INTERVAL))
    for p in processes:
        p.start()
    print("cpu number is:", multiprocessing.cpu_count())
    for p in multiprocessing.active_children():
        print("process pid:", p.pid)
        print("process name:", p.name)
    time.sleep(10 * INTERVAL)
    print("-----------------------------------------")
    processes = []
    for _ in range(5):
        processes.append(multiprocessing.Process(target=taskhandler, args=(INTERVAL,)))
    for p in processes:
        p.daemon = True
        p.start()
        p.join()
    # Why is nothing printed of them? join() waited for each.
    for p in multiprocessing.active_children():
        print("process pid:", p.pid)
        print("process name:", p.name)
