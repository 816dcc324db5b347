"""Pickles of values that have no plain form."""

import copyreg
import importlib
import io
import pickle
import sys
from types import FunctionType

from .sink import Sink

# Types with a reducer of their own: see reduction.register.
reducers = {}
_MAINS = ("__main__", "__mp_main__")


class Program:
    """The main module, as far as pickles are concerned."""

    def __init__(self):
        # In a worker: that its parent's program has no file.
        self.has_no_file = False
        # Whether workers can import this main module. Set by the module that tells them how.
        self.is_found = lambda main: True
        self._main = None
        self._is_by_value = False

    def is_by_value(self):
        """
        Whether no other process can import the main module, because the program came by `-c` or standard input, or is
        interactive: its functions and classes are pickled with what they are made of.
        """
        main = sys.modules.get("__main__")
        if main is not self._main:
            self._is_by_value = not self.is_found(main)
            self._main = main
        return self._is_by_value or self.has_no_file


program = Program()


def dumps(value):
    """The pickle of a value."""
    if not reducers and not program.is_by_value():
        return pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    buffer = io.BytesIO()
    _pickler(buffer).dump(value)
    return buffer.getvalue()


def dumps_apart(value, most=None):
    """`dumps` as bytes or a rope. TooLong when it takes more than `most` bytes."""
    sink = Sink(most)
    _pickler(sink, sink.keep).dump(value)
    return sink.result()


def dispatch_table():
    """Python's own reducers, and those that the program registered."""
    return {**copyreg.dispatch_table, **reducers}


def _pickler(file, keep=None):
    kind = _by_value() if program.is_by_value() else pickle.Pickler
    pickler = kind(file, pickle.HIGHEST_PROTOCOL, buffer_callback=keep)
    if reducers:
        own = copyreg.dispatch_table if kind in (pickle.Pickler, _Refusing) else kind.dispatch_table
        pickler.dispatch_table = {**own, **reducers}
    return pickler


def _by_value():
    try:
        # By its name: it is not a dependency, and is typed nowhere.
        return importlib.import_module("cloudpickle").CloudPickler
    except ImportError:
        return _Refusing


class _Refusing(pickle.Pickler):
    """Why a function of such a program cannot be sent."""

    def reducer_override(self, value):
        if isinstance(value, (FunctionType, type)) and value.__module__ in _MAINS:
            raise pickle.PicklingError(
                f"{value.__qualname__} is defined in a program without a file (python -c, standard input, an "
                f"interactive session), so no worker can import it: put it into a module, run the program from a "
                f"file, or install cloudpickle, which sends it as it is"
            )
        return NotImplemented
