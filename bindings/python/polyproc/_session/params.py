"""Members of a message's parameters."""

from .._values.msgpack import pack, pack_str


def field(name, value):
    """A packed member of a message's parameters."""
    return pack_str(name) + pack(value)


def ms(seconds):
    """A time-out of Python's, as the wire wants it."""
    return None if seconds is None else max(0.0, seconds * 1000.0)
