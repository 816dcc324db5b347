"""The common parts of messages."""

from _thread import get_ident

from .._native import native
from .._values.msgpack import map_head, pack, pack_str
from .frames import frame
from .params import field

_METHOD = pack_str("method")
_PARAMS = pack_str("params")
ID = pack_str("id")

request_heads = {}


def request_head(method):
    """The part of a request before its parameters."""
    head = request_heads.get(method)
    if head is None:
        head = request_heads[method] = map_head(3) + _METHOD + pack_str(method) + _PARAMS
    return head


def notification(method, params):
    return packed_notification(method, pack(params))


def packed_notification(method, packed):
    """A whole frame. Its parameters are msgpack already."""
    return frame(notification_head(method) + packed)


def notification_head(method):
    """The part of a notification before its parameters."""
    return map_head(2) + _METHOD + pack_str(method) + _PARAMS


_ANSWER = map_head(2) + ID
_DONE = field("result", None)


def done_id(body):
    """
    The id, if the message is the empty answer to a request, which is the most frequent message. None for any other
    message.
    """
    if body[-8:] != _DONE or body[:4] != _ANSWER:
        return None
    size = len(body)
    if size == 15:
        return body[5] << 8 | body[6] if body[4] == 0xCD else None
    if size == 17:
        return int.from_bytes(body[5:9], "big") if body[4] == 0xCE else None
    if size == 13:
        return body[4] if body[4] < 0x80 else None
    return body[5] if size == 14 and body[4] == 0xCC else None


_owners = {}


def owner():
    """The member `owner` of a request, packed: the thread that asks, by a name that is unique in this process."""
    number = _owner_number()
    packed = _owners.get(number or get_ident())
    if packed is None:
        if len(_owners) > 10_000:
            _owners.clear()
        ident = get_ident()
        # In words, an owner is a number.
        packed = _owners[number or ident] = field("owner", f"p{number}" if number else f"t{ident:x}")
    return packed


# The thread's number; 0 if it has none.
_owner_number = native.owner_number if native is not None else int
