"""Calls of a pickled function, as a pool of Python sends them to its workers."""

import pickle
from types import BuiltinFunctionType, FunctionType

from .._values.payload import blob, has_large, opener
from .._values.pickling import dumps, dumps_apart, program
from .._values.rope import joined
from .._values.sink import loads

_MANY = "python/calls"
_ONE = "python/call"
# Functions of modules, which pickle finds by their names: looked up once. In a worker, by what was sent.
_PLAIN = (FunctionType, BuiltinFunctionType)
_found = {}
_MAX_FOUND = 256


class Calls:
    """A function and its calls: `mode` says what an item is."""

    __slots__ = ("function", "mode", "items")

    def __init__(self, function, mode, items):
        self.function = function
        self.mode = mode
        self.items = items

    def caller(self):
        """The function that runs one item."""
        function = self.function
        if self.mode == "map":
            return function
        if self.mode == "starmap":
            return lambda item: function(*item)
        return lambda item: function(*item[0], **item[1])


class Call:
    """One call: a task of its own."""

    __slots__ = ("function", "args", "kwargs")

    def __init__(self, function, args, kwargs):
        self.function = function
        self.args = args
        self.kwargs = kwargs

    def run(self):
        return self.function(*self.args, **self.kwargs)


def pack_calls(function, mode, items, most=None):
    """TooLong when several items take more than `most` bytes."""
    call = (function, mode, items)
    if len(items) > 1:
        return blob(_MANY, dumps_apart(call, most))
    return blob(_MANY, dumps_apart(call) if has_large(items) else dumps(call))


class CallPacker:
    """Packs calls of the same function, mostly. It keeps no object whose method a function is."""

    def __init__(self):
        # Both at once: threads share it.
        self._last = None, b""

    def pack(self, function, args, kwargs):
        last, packed = self._last
        if function is not last:
            packed = dumps(function)
            packed = len(packed).to_bytes(4, "big") + packed
            if type(function) in _PLAIN and not program.is_by_value():
                self._last = function, packed
        pickled = (
            dumps_apart((args, kwargs))
            if has_large(args) or kwargs and has_large(kwargs.values())
            else dumps((args, kwargs))
        )
        return blob(_ONE, joined((packed, pickled)))


def _open_call(content):
    at = 4 + int.from_bytes(content[:4], "big")
    named = bytes(content[4:at])
    function = _found.get(named)
    if function is None:
        function = pickle.loads(named)
        if type(function) in _PLAIN and len(_found) < _MAX_FOUND:
            _found[named] = function
    return Call(function, *loads(content[at:]))


opener(_MANY, lambda content: Calls(*loads(content)))
opener(_ONE, _open_call)
