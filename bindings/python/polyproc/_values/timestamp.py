"""Datetimes, as msgpack's timestamps."""

from .msgpack import Unpackable


def pack_timestamp(value):
    """A moment of UTC, which is all that a timestamp says: other zones, and times without one, are pickled."""
    from datetime import datetime, timezone

    if type(value) is not datetime or value.tzinfo is not timezone.utc or value.fold:
        raise Unpackable(f"{type(value).__name__} that is no moment of timezone.utc")
    since = value - datetime(1970, 1, 1, tzinfo=timezone.utc)
    seconds, nanoseconds = since.days * 86400 + since.seconds, since.microseconds * 1000
    if 0 <= seconds < 1 << 34:
        return b"\xd7\xff" + (nanoseconds << 34 | seconds).to_bytes(8, "big")
    return b"\xc7\x0c\xff" + nanoseconds.to_bytes(4, "big") + seconds.to_bytes(8, "big", signed=True)


def timestamp(data):
    from datetime import datetime, timedelta, timezone

    if len(data) == 4:
        seconds, nanoseconds = int.from_bytes(data, "big"), 0
    elif len(data) == 8:
        both = int.from_bytes(data, "big")
        seconds, nanoseconds = both & 0x3FFFFFFFF, both >> 34
    else:
        seconds, nanoseconds = int.from_bytes(data[4:], "big", signed=True), int.from_bytes(data[:4], "big")
    return datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=seconds, microseconds=nanoseconds // 1000)
