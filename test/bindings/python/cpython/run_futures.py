"""
Runs the classes of CPython's own `test.test_concurrent_futures` that are about executors of processes against
`polyproc.futures`: `python3 run_futures.py [--list] [CLASS[.TEST]…]`. One line for each test on standard output, as in
run_suite.py.
"""

import importlib
import os
import sys

_HERE = os.path.dirname(os.path.abspath(__file__))
_BINDING = os.path.normpath(os.path.join(_HERE, "..", "..", "..", "..", "bindings", "python"))
for folder in (_BINDING, _HERE):
    if folder not in sys.path:
        sys.path.insert(0, folder)

import polyproc
import polyproc.futures
from line_result import run

_PACKAGE = "test.test_concurrent_futures"
# Since Python 3.12 a package; by the module that each class is in.
CLASSES = {
    "ProcessPoolExecutorTest": "test_process_pool",
    "ProcessPoolShutdownTest": "test_shutdown",
    "WaitTests": "test_wait",
    "AsCompletedTests": "test_as_completed",
    "InitializerMixin": "test_init",
    "FailingInitializerMixin": "test_init",
}


class PolyprocMixin:
    """Where the executor comes from."""

    executor_type = polyproc.futures.ProcessPoolExecutor
    ctx = "spawn"

    def get_context(self):
        return polyproc.get_context("spawn")


def _find(name, module):
    whole = importlib.import_module(_PACKAGE)
    return getattr(whole if hasattr(whole, name) else importlib.import_module(f"{_PACKAGE}.{module}"), name)


def _case(name, module):
    base, mixin, case = _find(name, module), _find("ExecutorMixin", "util"), _find("BaseTestCase", "util")
    bases = (PolyprocMixin, base, case) if issubclass(base, mixin) else (PolyprocMixin, base, mixin, case)
    # In the namespace of this module, so that children find the class.
    kind = globals()[f"Polyproc{name}"] = type(f"Polyproc{name}", bases, {"__module__": __name__})
    return kind


CASES = [_case(name, module) for name, module in CLASSES.items()]

if __name__ == "__main__":
    sys.exit(run(CASES, sys.argv[1:]))
