"""
Runs CPython's own `test._test_multiprocessing`, all of it, with Polyproc in the place of `multiprocessing`:
`python3 run_suite.py [--list] [CLASS[.TEST]…]`. One line for each test on standard output: `ok NAME`,
`skipped NAME: REASON`, `failed NAME` and its traceback.
"""

# Here and not below, so that the names of the test file's functions mean the same in children.
import in_place  # noqa: F401, I001

import sys
import unittest

import test._test_multiprocessing as suite
from line_result import run

suite.install_tests_in_module_dict(globals(), "spawn")

CASES = [
    one
    for name, one in sorted(globals().items())
    if isinstance(one, type) and issubclass(one, unittest.TestCase) and one is not unittest.TestCase
]


if __name__ == "__main__":
    sys.exit(run(CASES, sys.argv[1:]))
