"""
A program of a soak run: `main.py WORKLOAD PARAMETERS`. Errors that it meets are written to its log; it exits with 0 all
the same.
"""

import json
import random
import sys
import time

import soak_log

if __name__ == "__main__":
    import soak_pipes
    import soak_pools
    import soak_queues
    import soak_sync
    import soak_trees

    WORKLOADS = {
        "barrier": soak_sync.barrier,
        "condition": soak_sync.condition,
        "event": soak_sync.event,
        "guarded": soak_pools.guarded,
        "imap": soak_pools.imap,
        "lock": soak_sync.lock,
        "manager": soak_trees.manager,
        "nested": soak_pools.nested,
        "pipe": soak_pipes.pipe,
        "pool": soak_pools.pool,
        "queue": soak_queues.queue,
        "semaphore": soak_sync.semaphore,
        "tree": soak_trees.tree,
    }

    class Work:
        def __init__(self, params):
            self.params = params
            self.log = soak_log.Log(params["log"])
            self.random = random.Random(params["seed"])
            self._left = params["count"]
            self._end = time.monotonic() + params["lengthMs"] / 1000

        def goes_on(self):
            self._left -= 1
            return self._left >= 0 and time.monotonic() < self._end

    work = Work(json.loads(sys.argv[2]))
    work.log.write("begin", workload=sys.argv[1])
    try:
        WORKLOADS[sys.argv[1]](work)
    except Exception as error:
        work.log.error(sys.argv[1], error)
    work.log.write("end")
