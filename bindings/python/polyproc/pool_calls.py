"""What a pool of Python sends to its workers: calls of a pickled function."""

import pickle

from ._payload import blob, dumps, openers

_TAG = "python/calls"


class Calls:
    """A function and its calls: `mode` says what an item is."""

    __slots__ = ("function", "mode", "items")

    def __init__(self, function, mode, items):
        self.function = function
        self.mode = mode
        self.items = items

    def caller(self):
        """What runs one item."""
        function = self.function
        if self.mode == "map":
            return function
        if self.mode == "starmap":
            return lambda item: function(*item)
        return lambda item: function(*item[0], **item[1])


def pack_calls(function, mode, items):
    return blob(_TAG, dumps((function, mode, items)))


def _open(content):
    return Calls(*pickle.loads(content))


openers[_TAG] = _open
