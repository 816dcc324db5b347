"""
Tells the outcome of each test in a line: `ok NAME`, `skipped NAME: REASON`, `failed NAME` and its traceback. What runs
the tests reads these lines, and reports each test by its name.
"""

import faulthandler
import sys
import unittest


class LineResult(unittest.TestResult):
    """Tells each outcome at once."""

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
        print(f"the threads when {test} had failed:", file=_ERR, flush=True)
        faulthandler.dump_traceback(_ERR)
        self._say("failed", test, "\n" + "".join(f"    {line}\n" for line in text.splitlines()))


# Tests replace these.
_OUT, _ERR = sys.stdout, sys.stderr


def main(arguments=None):
    """Runs the tests of the program that calls this, and ends it. `arguments`: as `run`; default: the command line."""
    program = sys.modules["__main__"]
    cases = [
        one
        for one in vars(program).values()
        if isinstance(one, type) and issubclass(one, unittest.TestCase) and one.__module__ == "__main__"
    ]
    sys.exit(run(cases, sys.argv[1:] if arguments is None else arguments))


def run(cases, arguments):
    """Runs those of the tests that the arguments name, or all; `--list` prints their names. The exit status."""
    loader = unittest.TestLoader()
    wanted = unittest.TestSuite()
    for case in cases:
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
    print(
        f"ran {result.testsRun}, failed {len(result.failures) + len(result.errors)}, skipped {len(result.skipped)}",
        file=_OUT,
    )
    return 0 if result.wasSuccessful() else 1
