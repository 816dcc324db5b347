"""
Runs those tests of CPython's own `test.test_concurrent_futures` and `test.test_asyncio` that are about executors of
processes, with Polyproc in the place of `multiprocessing`: `python3 run_futures.py [--list] [CLASS[.TEST]…]`. One line
for each test on standard output, as in run_suite.py.
"""

# Here and not below, so that it means the same in children.
import in_place  # noqa: F401, I001

import importlib
import pkgutil
import sys

import test.test_concurrent_futures as package
from line_result import run

# Since Python 3.12 a package.
_MODULES = [package] + [
    importlib.import_module(f"{package.__name__}.{module.name}")
    for module in pkgutil.iter_modules(getattr(package, "__path__", ()))
]
CASES = [
    one
    for module in _MODULES
    for name, one in sorted(vars(module).items())
    if isinstance(one, type) and name.startswith("ProcessPoolSpawn") and name.endswith("Test")
]


def _of_asyncio(name, test):
    """One test of a class of `test_asyncio`: the only one that takes an executor of processes."""
    base = getattr(importlib.import_module("test.test_asyncio.test_events"), name)
    others = {other: None for other in dir(base) if other.startswith("test") and other != test}
    return type(name, (base,), {"__module__": __name__, **others})


CASES += [_of_asyncio(f"Test{kind}GetEventLoop", "test_get_event_loop_new_process") for kind in ("Py", "C")]

if __name__ == "__main__":
    sys.exit(run(CASES, sys.argv[1:]))
