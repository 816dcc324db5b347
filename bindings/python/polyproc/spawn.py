"""How children are started. The server starts them, so there is only the interpreter to choose."""

import sys

from ._processes import prepare as _prepare
from .host.frozen import freeze_support


def get_executable():
    """Returns the interpreter of processes that are started from now on."""
    return _prepare.executable or sys.executable


def set_executable(exe):
    """Sets the interpreter of processes that are started from now on; None: the one that runs this program."""
    _prepare.set_executable(exe)


def is_forking(argv):
    """Returns False: no command line makes a program a child."""
    return False


__all__ = ["freeze_support", "get_executable", "is_forking", "set_executable"]
