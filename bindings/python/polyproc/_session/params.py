"""Parameters of messages, packed: the one place that knows how their maps are written."""

from .._values.msgpack import map_head, pack, pack_str
from .._values.rope import joined

# No request of an object has more members than this beside those that name the object.
_MOST_MEMBERS = 5


def field(name, value):
    """A packed member."""
    return pack_str(name) + pack(value)


def packed_map(members):
    """The parameters that consist of these packed members. A rope when there are ropes among them."""
    return map_head(len(members)) + joined(members)


class Params:
    """The parameters of requests that begin with the same packed members, such as the handle of the object."""

    __slots__ = ("alone", "_heads")

    def __init__(self, *members):
        begin = b"".join(members)
        self._heads = [map_head(len(members) + more) + begin for more in range(_MOST_MEMBERS + 1)]
        # The parameters without further members.
        self.alone = self._heads[0]

    def __call__(self, *members):
        """Further members, packed by `field`."""
        return b"".join((self._heads[len(members)], *members))

    def holding(self, name, *value, more=()):
        """
        A member whose name and value are packed already, in pieces of which some may be ropes; and `more` members.
        """
        return joined((self._heads[len(more) + 1], *more, name, *value))


NO_PARAMS = packed_map(())
CAST = field("cast", True)
NO_WAIT = field("timeoutMs", 0)
_AT_ONCE = (NO_WAIT,)


def ms(seconds):
    """A timeout in milliseconds, as messages have it; None: no limit."""
    return None if seconds is None else max(0.0, seconds * 1000.0)


def waiting(block, timeout):
    """How long a request may wait, as packed members: not at all, up to `timeout` (seconds), or without a limit."""
    if not block:
        return _AT_ONCE
    return () if timeout is None else (field("timeoutMs", ms(timeout)),)
