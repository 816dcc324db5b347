"""Where the standard library's modules are, also after `install` has put Polyproc's in their place."""

import importlib
import sys
from functools import lru_cache

from .. import _errors

# By name: the standard library's modules whose place Polyproc's have taken.
replaced = {}
_ERRORS = ("AuthenticationError", "BufferTooShort", "ProcessError", "TimeoutError")
_authkey = None


def standard(name):
    """
    The standard library's `multiprocessing.NAME`. It authenticates with this process's key, and its errors are errors
    of this package, too.
    """
    module = _loaded(name)
    for error in _ERRORS if name != "context" else ():
        if hasattr(module, error):
            setattr(module, error, _of_both(error))
    _share_authkey()
    return module


def lending(module, *names):
    """The `__getattr__` of `polyproc.MODULE`: these names are the standard library's, which has no process in them."""

    def get(name):
        if name in names:
            return getattr(standard(module), name)
        raise AttributeError(f"module 'polyproc.{module}' has no attribute {name!r}")

    return get


def tell_authkey(authkey):
    """The key of this process has changed."""
    global _authkey
    _authkey = authkey
    if replaced or "multiprocessing.process" in sys.modules:
        _share_authkey()


def _loaded(name):
    return replaced.get(name) or importlib.import_module(f"multiprocessing.{name}")


def _share_authkey():
    if _authkey is not None:
        _loaded("process").current_process().authkey = _authkey


@lru_cache(maxsize=None)
def _of_both(name):
    ours = getattr(_errors, name)
    members = {"__module__": "multiprocessing", "__reduce__": lambda self: (ours, self.args)}
    return type(name, (ours, getattr(_loaded("context"), name)), members)
