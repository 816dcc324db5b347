"""
Trees of processes, some of which are ended from above while they grow; and managers, whose values children change.
"""

import time

import polyproc
import soak_tasks


def tree(work):
    chance = work.random
    while work.goes_on():
        depth, width = chance.choice([(1, 2), (2, 1), (2, 2), (3, 1)])
        root = polyproc.Process(target=soak_tasks.grow, args=(work.log.path, depth, width, chance.randint(0, 30)))
        try:
            root.start()
            ends = chance.choice(["join", "join", "terminate", "kill"])
            if ends != "join":
                time.sleep(chance.randint(0, 200) / 1000)
                root.kill() if ends == "kill" else root.terminate()
            root.join()
            work.log.write("tree", depth=depth, width=width, ends=ends, exitCode=root.exitcode, child=root.pid)
        except Exception as error:
            work.log.error("tree", error)


def manager(work):
    while work.goes_on():
        with polyproc.Manager() as values:
            shared = values.dict(sum=0)
            lock = polyproc.Lock()
            times = work.random.randint(1, 20)
            children = [polyproc.Process(target=soak_tasks.change, args=(shared, lock, times)) for _ in range(2)]
            for child in children:
                child.start()
            for child in children:
                child.join()
            work.log.write("manager", times=times, sum=shared["sum"], exitCodes=[child.exitcode for child in children])
