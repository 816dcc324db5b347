"""Frames: messages as the wire takes them."""

from struct import Struct

from .._values.rope import Rope

_LENGTH = Struct(">I")


def frame(body):
    """The message with its length before it. A rope stays as it is: the wire sends it in fragments."""
    if type(body) is Rope:
        return body
    return _LENGTH.pack(len(body)) + body
