"""
Large payloads that are written into memory of the server's, and sent by reference. The server says when nothing refers
to them any more: then their pages are used again, because fresh ones cost several times as much.
"""

import os
import time
from collections import deque

from .._errors import PolyprocError
from .._session.claim import Claim
from .._session.messages import packed_notification
from .._session.params import NO_PARAMS, field, packed_map
from .._values.msgpack import pack
from .._values.rope import Rope
from .memory import open_file

_PAGE_BYTES = 4096
_LEAST_SEGMENT_BYTES = 8 * 1024 * 1024
# A segment that has been empty for this long is given back.
_IDLE_SECONDS = 10
# The system's `pwritev` takes this many pieces.
_MOST_PIECES = 512


def use_blocks(session):
    """The session sends and gets references to blocks, if this process can open the server's memory."""
    place = session.facts.get("memory")
    if place is None or not hasattr(os, "pwritev") or not hasattr(os, "O_CLOEXEC"):
        return
    try:
        os.close(open_file(place))
    except OSError:
        return
    session.blocks = Blocks(session)
    session.notify_packed("memory/usable", NO_PARAMS)


class Blocks:
    """
    The session's segments and blocks. No thread waits here for another thread, or for code that it has interrupted. A
    thread that finds the segments in use sends its payload in the message.
    """

    def __init__(self, session):
        self._session = session
        self._using = Claim()
        self._segments = []
        # By handle: segment, offset and size.
        self._places = {}
        # The server's notifications, for the next thread that uses the segments.
        self._freed = deque()
        self._made = deque()
        self._growing = False
        # Bytes that found no room while a segment was on its way.
        self._missing = 0
        session.listeners["memory/free"] = lambda params: self._freed.extend(params["blocks"])

    def store(self, data):
        """
        Copies the bytes (or a rope) into a block. Its handle, or None if there is no room for it now.
        """
        taken = []
        try:
            if not self._using.take(taken):
                return None
            self._settle()
            return self._store(data)
        finally:
            self._using.give_back(taken)

    def _store(self, data):
        size = len(data)
        for segment in self._segments:
            offset = segment.take(size)
            if offset is None:
                continue
            handle = self._session.mint("block")
            try:
                segment.write(data, offset)
            except OSError:
                segment.give_back(offset, size)
                return None
            self._places[handle] = (segment, offset, size)
            members = [
                field("block", handle),
                field("memory", segment.handle),
                field("offset", offset),
                field("bytes", size),
            ]
            self._session.notify_packed("memory/block", packed_map(members))
            return handle
        self._grow(size)
        return None

    def _settle(self):
        """Handles the notifications that the server has sent since."""
        while self._made:
            self._segments.append(self._made.popleft())
        while self._freed:
            place = self._places.pop(self._freed.popleft(), None)
            if place is not None:
                segment, offset, size = place
                segment.give_back(offset, size)
        now = time.monotonic()
        for segment in list(self._segments):
            if not segment.used and now - segment.idle_since > _IDLE_SECONDS and len(self._segments) > 1:
                self._segments.remove(segment)
                segment.close()
                self._session.tell(
                    packed_notification("handle/release", packed_map([field("handles", [segment.handle])]))
                )

    def _grow(self, size):
        """Asks for a segment, for the payloads that follow."""
        if self._growing:
            self._missing += size
            return
        room = self._session.facts["limits"]["maxQueuedBytes"] - sum(segment.size for segment in self._segments)
        wanted = min(max(_LEAST_SEGMENT_BYTES, _in_pages(4 * size), _in_pages(self._missing)), room)
        if wanted < size:
            return
        self._growing = True
        self._missing = 0
        handle = self._session.mint("memory")

        def answered(answer):
            self._growing = False
            if answer.error is None:
                try:
                    self._made.append(_Segment(handle, answer.result))
                except OSError:
                    # It cannot be opened any more: payloads go into messages.
                    pass

        try:
            self._session.send("memory/create", pack({"memory": handle, "bytes": wanted, "forBlocks": True}), answered)
        except PolyprocError:
            self._growing = False


class _Segment:
    """Memory of this session for blocks, of whole pages."""

    def __init__(self, handle, place):
        self.handle, self.size = handle, place["bytes"]
        self.used, self.idle_since = 0, time.monotonic()
        self._fd = open_file(place)
        # Where free pages begin, and how many bytes they have. In order, and none touches the next.
        self._free = [(0, self.size)]

    def take(self, size):
        size = _in_pages(size)
        for at, (offset, free) in enumerate(self._free):
            if free >= size:
                self._free[at : at + 1] = [(offset + size, free - size)] if free > size else []
                self.used += size
                return offset
        return None

    def give_back(self, offset, size):
        size = _in_pages(size)
        self.used -= size
        self.idle_since = time.monotonic()
        ranges = sorted([*self._free, (offset, size)])
        joined = ranges[:1]
        for begin, length in ranges[1:]:
            last, before = joined[-1]
            if last + before == begin:
                joined[-1] = (last, before + length)
            else:
                joined.append((begin, length))
        self._free = joined

    def write(self, data, offset):
        pieces = data.pieces if type(data) is Rope else [data]
        for at in range(0, len(pieces), _MOST_PIECES):
            views = [memoryview(piece).cast("B") for piece in pieces[at : at + _MOST_PIECES]]
            while views:
                written = os.pwritev(self._fd, views, offset)
                offset += written
                while views and written >= len(views[0]):
                    written -= len(views.pop(0))
                if views:
                    views[0] = views[0][written:]

    def close(self):
        os.close(self._fd)


def _in_pages(size):
    return -(-size // _PAGE_BYTES) * _PAGE_BYTES
