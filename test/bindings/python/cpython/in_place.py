"""
Puts Polyproc in the place of `multiprocessing`, for a test file of CPython: in this process, in its children, and in
the programs that the tests start.
"""

import os
import sys

_HERE = os.path.dirname(os.path.abspath(__file__))
_BINDING = os.path.normpath(os.path.join(_HERE, "..", "..", "..", "..", "bindings", "python"))
for folder in (_BINDING, _HERE):
    if folder not in sys.path:
        sys.path.insert(0, folder)

import polyproc

polyproc.install()

from test.support import script_helper


def _with_polyproc(name):
    run = getattr(script_helper, name)

    def run_with_polyproc(*args, **kwargs):
        # By default without the environment, in which this program finds Polyproc.
        kwargs = {"__isolated": False, "PYTHONPATH": os.environ["PYTHONPATH"], **kwargs}
        return run("-m", "polyproc", *args, **kwargs)

    setattr(script_helper, name, run_with_polyproc)


for _name in ("assert_python_ok", "assert_python_failure"):
    _with_polyproc(_name)
