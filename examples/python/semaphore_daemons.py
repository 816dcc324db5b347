"""
Semaphore: twenty daemonic processes, five at a time inside.

    python3 examples/python/semaphore_daemons.py [SECONDS]

SECONDS: how long each stays inside, default 5.
"""

import sys
import time
import polyproc as multiprocessing

SECONDS = float(sys.argv[1]) if len(sys.argv) > 1 else 5


class TaskHandler(multiprocessing.Process):
    def __init__(self, s, *args, **kwargs):
        super(TaskHandler, self).__init__(*args, **kwargs)
        self.semaphore = s

    def run(self):
        # No more than five of them share it at a time
        with self.semaphore:
            time.sleep(SECONDS)


if __name__ == "__main__":
    s = multiprocessing.Semaphore(5)
    for _ in range(20):
        p = TaskHandler(s)
        p.daemon = True
        p.start()
    while True:
        processes = multiprocessing.active_children()
        if not len(processes):
            break
        print("running process => num: %s list: %s" % (len(processes), processes))
        time.sleep(SECONDS / 5)
