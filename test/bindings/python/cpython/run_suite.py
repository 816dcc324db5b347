"""
Runs the classes of CPython's own `test._test_multiprocessing` against Polyproc: `python3 run_suite.py [--list] [CLASS[.TEST]…]`. One line for each test
on standard output: `ok NAME`, `skipped NAME: REASON`, `failed NAME` and its traceback.
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

CLASSES = {
    "processes": (
        "_TestProcess", "_TestSubclassingProcess", "_TestQueue", "_TestLock", "_TestSemaphore", "_TestCondition", "_TestEvent", "_TestBarrier", "_TestPool",
        "_TestPoolWorkerErrors", "_TestPoolWorkerLifetime", "_TestConnection", "_TestPoll", "_TestValue", "_TestArray",
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
    kind = type(base.__name__, (base, mixin, unittest.TestCase), {"__module__": __name__, "__qualname__": base.__name__})
    globals()[base.__name__] = kind
    return kind


CASES = [_case(getattr(suite, name), PolyprocMixin if group == "processes" else suite.ManagerMixin) for group, names in CLASSES.items() for name in names]


class LineResult(unittest.TestResult):
    """Tells each outcome at once, for whoever reads along."""

    def __init__(self):
        super().__init__()
        self._bad = False

    def startTest(self, test):
        super().startTest(test)
        self._bad = False

    def _say(self, outcome, test, text=""):
        print(f"{outcome} {type(test).__name__}.{test._testMethodName}{text}", file=_OUT, flush=True)

    def addSuccess(self, test):
        if not self._bad:
            self._say("ok", test)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._say("skipped", test, f": {reason}")

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._failed(test, self.failures[-1][1])

    def addError(self, test, err):
        super().addError(test, err)
        if hasattr(test, "_testMethodName"):
            self._failed(test, self.errors[-1][1])
        else:
            print(f"failed {test}\n{self.errors[-1][1]}", file=_OUT, flush=True)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self._failed(test, self._exc_info_to_string(err, subtest))

    def _failed(self, test, text):
        self._bad = True
        self._say("failed", test, "\n" + "".join(f"    {line}\n" for line in text.splitlines()))


# Tests replace sys.stdout.
_OUT = sys.stdout


def main(arguments):
    loader = unittest.TestLoader()
    wanted = unittest.TestSuite()
    for case in CASES:
        for name in loader.getTestCaseNames(case):
            full = f"{case.__name__}.{name}"
            if "--list" in arguments:
                print(full)
            elif not arguments or case.__name__ in arguments or full in arguments:
                wanted.addTest(case(name))
    if "--list" in arguments:
        return 0
    result = LineResult()
    wanted.run(result)
    print(f"ran {result.testsRun}, failed {len(result.failures) + len(result.errors)}, skipped {len(result.skipped)}", file=_OUT)
    return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
