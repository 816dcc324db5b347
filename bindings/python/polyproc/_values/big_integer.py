"""Integers beyond 64 bits, which have a form of their own in payloads. Other languages read them, too."""

from .msgpack import BIG_INTEGER, Unpackable, pack_ext

# A longer one is pickled.
_MAX_BYTES = 1024


def pack_big_integer(value):
    if type(value) is not int:
        raise Unpackable("no plain form")
    size = (value if value >= 0 else ~value).bit_length() // 8 + 1
    if size > _MAX_BYTES:
        raise Unpackable(f"an integer of more than {_MAX_BYTES} bytes")
    return pack_ext(BIG_INTEGER, value.to_bytes(size, "big", signed=True))


def big_integer(data):
    return int.from_bytes(data, "big", signed=True)
