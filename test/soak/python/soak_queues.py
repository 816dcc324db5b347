"""A queue that several programs fill and several empty."""

import os
import queue as standard
import time

import polyproc

PILL = "pill"


def queue(work):
    kind = polyproc.JoinableQueue if work.params["joinable"] else polyproc.Queue
    shared = kind(work.params["maxSize"], name=work.params["name"])
    (_produce if work.params["role"] == "producer" else _consume)(work, shared)


def _produce(work, shared):
    chance = work.random
    padding = "x" * work.params["itemBytes"]
    number = 0
    while work.goes_on():
        item = f"{os.getpid()}.{number}"
        number += 1
        options = chance.choice([{}, {}, {"timeout": chance.randint(0, 30) / 1000}, {"block": False}])

        def put():
            try:
                shared.put(f"{padding} {item}", **options)
                return True
            except standard.Full:
                return False

        work.log.timed("put", put, lambda stored: {"stored": stored}, item=item)
        if chance.random() < 0.05:
            time.sleep(chance.randint(0, 5) / 1000)


def _consume(work, shared):
    chance = work.random
    while True:
        no_more = os.path.exists(work.params["endedFile"])

        def get():
            try:
                if work.params["loops"]:
                    return shared.get()
                return shared.get(timeout=chance.choice([0, 0.005, 0.1, 0.1]))
            except standard.Empty:
                return None

        item = work.log.timed("get", get, lambda sent: {"item": sent and sent.rpartition(" ")[2]})
        if item is not None and work.params["joinable"]:
            work.log.timed("done", shared.task_done)
        if item == PILL or item is None and no_more:
            return
        if item is None:
            time.sleep(0.001)
        elif chance.random() < 0.02:
            time.sleep(chance.randint(0, 8) / 1000)
