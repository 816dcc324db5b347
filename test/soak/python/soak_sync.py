"""Locks, semaphores, barriers, conditions and events, which several programs share by name."""

import os
import time

import polyproc
import soak_slots


def lock(work):
    _exclude(work, polyproc.Lock(name=work.params["name"]), 1)


def semaphore(work):
    _exclude(work, polyproc.Semaphore(work.params["permits"], name=work.params["name"]), work.params["permits"])


def _exclude(work, shared, permits):
    chance = work.random
    while work.goes_on():
        options = chance.choice([{}, {}, {}, {"block": False}, {"timeout": chance.randint(0, 20) / 1000}])
        if not work.log.timed("acquire", lambda: shared.acquire(**options), lambda acquired: {"acquired": acquired}):
            time.sleep(chance.randint(0, 3) / 1000)
            continue
        slot = soak_slots.enter(work.log, work.params["folder"], work.params["name"], permits)
        if chance.random() < 0.5:
            time.sleep(chance.randint(0, 4) / 1000)
        soak_slots.leave(slot)
        work.log.timed("release", shared.release)
        if chance.random() < 0.3:
            time.sleep(chance.randint(0, 4) / 1000)


def barrier(work):
    shared = polyproc.Barrier(work.params["parties"], name=work.params["name"])
    number = 0
    try:
        while work.goes_on():
            work.log.timed("wait", lambda: shared.wait(10), lambda index: {"index": index}, round=number)
            number += 1
    except Exception as error:
        work.log.error("barrier", error)
    # The others may have more rounds to go.
    shared.abort()


def condition(work):
    name = work.params["name"]
    guarded = polyproc.Condition(polyproc.Lock(name=name), name=name)
    place = polyproc.Queue(name=name)
    puts = work.params["role"] == "producer"
    while work.goes_on():
        with guarded:
            if not guarded.wait_for(lambda: place.empty() == puts, work.random.randint(5, 300) / 1000):
                continue
            if puts:
                item = f"{os.getpid()}.{work.random.getrandbits(32)}"
                work.log.write("put?", item=item)
                place.put(item)
                work.log.write("put", item=item)
            else:
                work.log.write("get", item=place.get())
            guarded.notify_all()


def event(work):
    shared = polyproc.Event(name=work.params["name"])
    while work.goes_on():
        dice = work.random.random()
        if dice < 0.3:
            work.log.timed("set", shared.set)
        elif dice < 0.5:
            work.log.timed("clear", shared.clear)
        else:
            work.log.timed(
                "wait", lambda: shared.wait(work.random.randint(0, 50) / 1000), lambda is_set: {"set": is_set}
            )
        time.sleep(work.random.randint(0, 5) / 1000)
