"""
Lock: ten processes append a line to one file, `multiprocessing.log` in the working folder.

    python3 examples/python/lock_log_file.py
"""

import os
import time
import polyproc as multiprocessing


class TaskHandler(multiprocessing.Process):
    def __init__(self, lock, fpath, *args, **kwargs):
        super(TaskHandler, self).__init__(*args, **kwargs)
        self.lock = lock
        self.fpath = fpath

    def run(self):
        with self.lock:
            with open(self.fpath, "a+") as f:
                data = "".join([str(time.time()), os.linesep])
                f.write(data)


if __name__ == "__main__":
    proceses = []
    lock = multiprocessing.Lock()
    fpath = "multiprocessing.log"
    for _ in range(10):
        proceses.append(TaskHandler(lock, fpath))
    for p in proceses:
        p.start()
