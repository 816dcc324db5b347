"""The incoming bytes of the connection, cut into messages."""

from struct import Struct

from .._values.large import FRAGMENT, LARGEST_BYTES, head_of
from .._values.msgpack import KEEP_LARGE, unpack

_LENGTH = Struct(">I")
# A prefix from here on is never legal, unless it is that of a fragment: SPEC.md.
MAX_FRAME = 0x43000000
# `recv` allocates this much before it reads, and returns the rest. From 128 KiB on, malloc serves each such request
# with a mapping of its own: to make it and shrink it takes several times as long as to read a short message.
_READ_BYTES = 64 * 1024
_MOST_BYTES = 1 << 20
# After this many reads a new log is begun.
LONG_LOG = 64


class FrameTooLong(Exception):
    pass


class Inflow:
    """
    How far the stream was read and handed out. One thread at a time works on it. A signal handler or finalizer that
    interrupts this thread and needs an answer works on a copy, the successor (`supersede`). From then on the
    interrupted code changes an object that is no longer used. Two things are shared. The log: each system call appends
    what it has read, in the same C function, and entries are never removed. And the memory of a large message: all
    copies write the same bytes to the same place.
    """

    __slots__ = ("log", "state", "read_bytes", "opened", "dry", "successors")

    def __init__(self, log, state=(b"", 0, 0, None, 0, 0), opened=None):
        self.log = log
        # In one tuple, so that one store changes all: bytes of the log, the place in them of what comes next, and how
        # many entries of the log they end with; of the message of which fragments are coming its memory, how much of
        # that is filled, and how much is left of the present fragment.
        self.state = state
        # How much to read at once.
        self.read_bytes = _READ_BYTES
        # The next message, with the state in which it is next: the second time that it is handed out it is the same
        # object.
        self.opened = opened
        # How long the log was when there was no whole message in it.
        self.dry = -1
        # The first one counts.
        self.successors = []

    def latest(self):
        one = self
        while one.successors:
            one = one.successors[0]
        return one

    def supersede(self):
        """The successor, for code that has interrupted the work on this one."""
        self.successors.append(Inflow(self.log, self.state, self.opened))
        return self.latest()

    def trimmed(self):
        """
        Itself or, when all of the log was taken, a successor with an empty one. Only for code that has interrupted
        none.
        """
        buffer, at, taken, *large = self.state
        if not taken or taken < len(self.log):
            return self
        successor = Inflow([], (buffer, at, 0, *large), self.opened)
        successor.read_bytes = self.read_bytes
        if self.is_dry():
            successor.dry = 0
        self.successors.append(successor)
        return self.latest()

    def is_dry(self):
        """
        Whether all whole messages were handed out. After an exception some may be left: they come before what is read
        next.
        """
        return self.dry == len(self.log)

    def next_frame(self):
        """
        The next whole message, or None. It stays until `consume`. A large one is a memoryview, any other is bytes.
        """
        while True:
            state = self.state
            buffer, at, taken, large, filled, left = state
            if large is not None:
                if left:
                    if not self._fill():
                        return None
                    continue
                if filled == len(large):
                    return large
            have = len(buffer) - at
            if not have and taken == len(self.log):
                self.dry = taken
                return None
            if have >= 4:
                size = _LENGTH.unpack_from(buffer, at)[0]
                if size >= FRAGMENT:
                    needed = self._begin_fragment(size - FRAGMENT, at + 4, have - 4)
                    if not needed:
                        continue
                elif size >= MAX_FRAME:
                    raise FrameTooLong(
                        f"the server announced a message of {size} bytes: it is no Polyproc server, or the stream "
                        f"is damaged"
                    )
                elif have >= 4 + size:
                    return buffer[at + 4 : at + 4 + size]
                else:
                    needed = 4 + size - have
            else:
                needed = 4 - have
            fresh = self.log[taken:]
            size = sum(map(len, fresh))
            if size < needed and have + needed > _READ_BYTES or not size:
                # A large frame is joined once, when all of it is there.
                self.read_bytes = min(max(needed - size, _READ_BYTES), _MOST_BYTES)
                self.dry = taken + len(fresh)
                return None
            if self.read_bytes != _READ_BYTES:
                self.read_bytes = _READ_BYTES
            joined = b"".join([buffer[at:], *fresh]) if have else fresh[0] if len(fresh) == 1 else b"".join(fresh)
            self.state = (joined, 0, taken + len(fresh), large, filled, left)

    def _fill(self):
        """
        Moves the bytes that were read of a fragment to their place in the message. False when none are left to move.
        """
        buffer, at, taken, large, filled, left = self.state
        n = min(len(buffer) - at, left)
        if n:
            large[filled : filled + n] = memoryview(buffer)[at : at + n]
            self.state = (buffer, at + n, taken, large, filled + n, left - n)
        elif taken < len(self.log):
            self.state = (self.log[taken], 0, taken + 1, large, filled, left)
        else:
            self.read_bytes = min(max(left, _READ_BYTES), _MOST_BYTES)
            self.dry = taken
            return False
        return True

    def _begin_fragment(self, size, at, have):
        """How many more bytes are needed before the next message can begin."""
        buffer, _, taken, large, filled, _ = self.state
        if large is not None:
            left = len(large) - filled
            if not 0 < size <= left:
                raise FrameTooLong(
                    f"a fragment of {size} bytes came, where {left} of its message were left: the stream is damaged"
                )
            self.state = (buffer, at, taken, large, filled, size)
            return 0
        whole, head = head_of(buffer, at, have)
        if whole is None and size >= head:
            return head - have
        left = size - head
        if whole is None or whole > LARGEST_BYTES or not 0 <= left <= whole:
            raise FrameTooLong(f"a fragment of {size} bytes came for a message of {whole}: the stream is damaged")
        try:
            large = memoryview(bytearray(whole))
        except MemoryError:
            raise FrameTooLong(f"there is no memory for a message of {whole} bytes") from None
        self.state = (buffer, at + head, taken, large, 0, left)
        return 0

    def open_once(self, body):
        """The message of `next_frame`. In it a step of handing it out can note that it was done."""
        opened = self.opened
        if opened is None or opened[0] is not self.state:
            opened = self.opened = (self.state, unpack(body) if type(body) is bytes else unpack(body, KEEP_LARGE))
        return opened[1]

    def consume(self, frame):
        buffer, at, taken, *large = self.state
        if type(frame) is memoryview:
            self.state = (buffer, at, taken, None, 0, 0)
        else:
            self.state = (buffer, at + 4 + len(frame), taken, *large)
