"""Bytes that are too large to be copied on their way: pieces, which are sent from where they lie."""

# Bytes of this size are not joined with others.
LARGE_BYTES = 1 << 20


class Rope:
    """The bytes of its pieces, one after the other. It can be joined with bytes on both sides."""

    __slots__ = ("pieces", "size", "id")

    def __init__(self, pieces):
        self.pieces = pieces
        self.size = sum(map(len, pieces))
        # The number of the message that it is, in msgpack. Here: nil.
        self.id = b"\xc0"

    def __len__(self):
        return self.size

    def __getitem__(self, at):
        # Only how it begins is ever asked for.
        return self.pieces[0][at]

    def __add__(self, other):
        return rope(self, other)

    def __radd__(self, other):
        return rope(other, self)


def rope(*parts):
    """The parts, without a copy."""
    pieces = []
    for part in parts:
        if type(part) is Rope:
            pieces.extend(part.pieces)
        elif part:
            pieces.append(part)
    return Rope(pieces)


def joined(parts):
    """`b"".join(parts)`, a list or tuple of bytes; a rope when there are ropes among them."""
    try:
        return b"".join(parts)
    except TypeError:
        return rope(*parts)
