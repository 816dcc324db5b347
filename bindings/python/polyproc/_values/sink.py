"""The target of a pickler, with large bytes apart, and how these are read."""

import pickle
from struct import Struct

from .rope import LARGE_BYTES, rope

# A pickle begins with another byte.
_WITH_BUFFERS = 0
_HEAD = Struct(">BIQ")
_BUFFER = Struct(">?Q")


class TooLong(Exception):
    """More bytes than were wanted in one piece."""


class Sink:
    """
    Where a pickler writes. Large bytes are kept as they are, not copied. The buffers of large objects, such as arrays
    of other packages, follow the pickle: they are read without a copy in between.
    """

    def __init__(self, most):
        self._most, self._size, self._parts, self._buffers = most, 0, [], []

    def write(self, data):
        if type(data) is not bytes:
            # An array of another package, which `to_wire` copies.
            data = data.raw() if type(data) is pickle.PickleBuffer else memoryview(data).cast("B")
        self._add(len(data))
        self._parts.append(data)

    def keep(self, buffer):
        """The pickler's `buffer_callback`: false for a buffer that follows the pickle."""
        try:
            data = buffer.raw()
        except BufferError:
            return True
        if len(data) < LARGE_BYTES:
            return True
        self._add(len(data))
        self._buffers.append(data)
        return False

    def _add(self, size):
        self._size += size
        if self._most is not None and self._size > self._most:
            raise TooLong

    def result(self):
        if self._buffers:
            size = sum(map(len, self._parts))
            head = [_HEAD.pack(_WITH_BUFFERS, len(self._buffers), size)]
            head += [_BUFFER.pack(data.readonly, len(data)) for data in self._buffers]
            return rope(b"".join(head), *self._parts, *self._buffers)
        return b"".join(self._parts) if self._size < LARGE_BYTES else rope(*self._parts)


def loads(content):
    """Loads the output of a pickler, with or without a sink. The result shares no memory with `content`."""
    if content[0] != _WITH_BUFFERS:
        return pickle.loads(content)
    content = memoryview(content)
    _, count, size = _HEAD.unpack_from(content)
    at = _HEAD.size
    heads = list(_BUFFER.iter_unpack(content[at : at + count * _BUFFER.size]))
    at += count * _BUFFER.size
    pickled = content[at : at + size]
    at += size
    buffers = []
    for is_readonly, length in heads:
        data = content[at : at + length]
        buffers.append(bytes(data) if is_readonly else bytearray(data))
        at += length
    return pickle.loads(pickled, buffers=buffers)
