"""
Messages in fragments (SPEC.md): how a large message is cut, and how one begins. Whole frames pass between the
fragments.
"""

from struct import Struct

# Set in the prefix of a fragment.
FRAGMENT = 0x80000000
# Longer messages go in fragments, if the server reads them.
FRAGMENTED_BYTES = 2 << 20
# Messages of other threads wait for no more than one such piece.
_FRAGMENT_BYTES = 1 << 20
# What a fragment holds besides the message's bytes, at most.
_FRAGMENT_OVERHEAD = 32
# The longest message, as of msgpack's longest bin.
LARGEST_BYTES = 0xFFFFFFFF
# What a message holds besides its payloads, at most.
OVERHEAD_BYTES = 64 * 1024

_PREFIX = Struct(">I").pack
_HEAD = Struct(">QH")
HEAD_BYTES = _HEAD.size


def fragments(message, longest_frame):
    """Lists of pieces, each of which is a fragment. `message`: a rope."""
    most = min(_FRAGMENT_BYTES, longest_frame - _FRAGMENT_OVERHEAD)
    head = _HEAD.pack(len(message), len(message.id)) + message.id
    cut, parts, size = [], [], 0
    for piece in message.pieces:
        view = memoryview(piece)
        while view:
            part = view[: most - size]
            view = view[len(part) :]
            parts.append(part)
            size += len(part)
            if size == most:
                cut.append([_PREFIX(FRAGMENT + len(head) + size) + head, *parts])
                head, parts, size = b"", [], 0
    if parts:
        cut.append([_PREFIX(FRAGMENT + len(head) + size) + head, *parts])
    return cut


def head_of(buffer, at, have):
    """The length of a message and of its head, as far as the bytes tell: the second alone is known first."""
    if have < HEAD_BYTES:
        return None, HEAD_BYTES
    size, id_size = _HEAD.unpack_from(buffer, at)
    whole = HEAD_BYTES + id_size
    return (size if have >= whole else None), whole
