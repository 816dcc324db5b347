"""
Runs the classes of CPython's own `test._test_multiprocessing` against Polyproc: `python3 run_suite.py [--list]
[CLASS[.TEST]…]`. One line for each test on standard output: `ok NAME`, `skipped NAME: REASON`, `failed NAME` and its
traceback.
"""

import os
import sys

_HERE = os.path.dirname(os.path.abspath(__file__))
_BINDING = os.path.normpath(os.path.join(_HERE, "..", "..", "..", "..", "bindings", "python"))
for folder in (_BINDING, _HERE):
    if folder not in sys.path:
        sys.path.insert(0, folder)

# Here and not below: in children this module is what makes the names of the test file's functions mean the same.
import standard_names

standard_names.install()

import unittest

import polyproc
import polyproc.connection

import test._test_multiprocessing as suite
from line_result import run

CLASSES = {
    "processes": (
        "_TestProcess",
        "_TestSubclassingProcess",
        "_TestQueue",
        "_TestLock",
        "_TestSemaphore",
        "_TestCondition",
        "_TestEvent",
        "_TestBarrier",
        "_TestPool",
        "_TestPoolWorkerErrors",
        "_TestPoolWorkerLifetime",
        "_TestConnection",
        "_TestPoll",
        "_TestValue",
        "_TestArray",
        "_TestSharedMemory",
    ),
    "manager": ("_TestContainers",),
}


class PolyprocMixin(suite.BaseMixin):
    """Where Process, Queue, Lock, Pool … come from."""

    TYPE = "processes"
    Process = polyproc.Process
    connection = polyproc.connection
    current_process = staticmethod(polyproc.current_process)
    parent_process = staticmethod(polyproc.parent_process)
    active_children = staticmethod(polyproc.active_children)
    set_executable = staticmethod(polyproc.set_executable)
    Pool = staticmethod(polyproc.Pool)
    Pipe = staticmethod(polyproc.Pipe)
    Queue = staticmethod(polyproc.Queue)
    JoinableQueue = staticmethod(polyproc.JoinableQueue)
    Lock = staticmethod(polyproc.Lock)
    RLock = staticmethod(polyproc.RLock)
    Semaphore = staticmethod(polyproc.Semaphore)
    BoundedSemaphore = staticmethod(polyproc.BoundedSemaphore)
    Condition = staticmethod(polyproc.Condition)
    Event = staticmethod(polyproc.Event)
    Barrier = staticmethod(polyproc.Barrier)
    Value = staticmethod(polyproc.Value)
    Array = staticmethod(polyproc.Array)
    RawValue = staticmethod(polyproc.RawValue)
    RawArray = staticmethod(polyproc.RawArray)


# `test_wait_result` asks by this name whether an interrupt can be sent to this process.
suite.ProcessesMixin = PolyprocMixin


def _case(base, mixin):
    # In the namespace of this module, so that children find the class.
    kind = type(
        base.__name__, (base, mixin, unittest.TestCase), {"__module__": __name__, "__qualname__": base.__name__}
    )
    globals()[base.__name__] = kind
    return kind


CASES = [
    _case(getattr(suite, name), PolyprocMixin if group == "processes" else suite.ManagerMixin)
    for group, names in CLASSES.items()
    for name in names
]


if __name__ == "__main__":
    sys.exit(run(CASES, sys.argv[1:]))
