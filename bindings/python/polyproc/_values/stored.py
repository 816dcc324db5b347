"""Payloads whose bytes are in the server's memory: a message holds a reference to them."""

import os
import sys
from contextlib import contextmanager

from .._errors import Closed
from .msgpack import Ext, array_head, pack_ext, pack_str, unpack
from .rope import LARGE_BYTES, joined

# Extension type of msgpack in messages.
BLOCK = 4
_PAIR = array_head(2)
# Elsewhere a view may live on when nothing refers to it.
_counts_references = sys.implementation.name == "cpython"


class Held(Ext):
    """A reference in a result that may never be looked at: then the block is released with the result."""

    __slots__ = ("session",)

    def __init__(self, reference, session):
        super().__init__(reference.code, reference.data)
        self.session = session

    def __del__(self):
        try:
            session = self.session
            if session is not None:
                _release(session, _handle_of(self))
        except Exception:
            # The interpreter is ending.
            pass


def hold(entry, session):
    """The values of a `job/results` entry are held until they are looked at."""
    values = entry.get("values")
    if type(values) is list and type(values[0]) is not Held and isinstance(values[0], Ext):
        values[0] = Held(values[0], session)


def bytes_of(data):
    """The bytes of a payload, which may be in a block: then they are copied."""
    if not isinstance(data, Ext):
        return data
    content = read(data)
    if type(data) is Held:
        # From now on the block is released with the other handles of the payload.
        data.session = None
    return content


def _release(session, block):
    """The session drops its reference."""
    session.received([block])
    session.settle_received([block])


def _handle_of(reference):
    return unpack(bytes(reference.data))[0]


def forget(session, payload):
    """A packed payload is not sent: its block, if it has one, is released."""
    if type(payload) is bytes and payload[:1] == _PAIR:
        reference, handles = unpack(payload)
        if isinstance(reference, Ext) and session.error is None:
            _release(session, handles[0])


def use_bytes(reference, use):
    """
    `use(data)` with the bytes of a block. A large block is not copied: `data` is a view, which `use` must not keep.
    """
    _, _, _, offset, size = unpack(bytes(reference.data))
    if size < LARGE_BYTES or not _counts_references:
        return use(bytes_of(reference))
    import mmap

    before = offset % mmap.ALLOCATIONGRANULARITY
    with _open(reference) as fd:
        try:
            area = mmap.mmap(fd, before + size, access=mmap.ACCESS_READ, offset=offset - before)
        except (OSError, ValueError):
            # No room for a map, or another file.
            return use(bytes_of(reference))
    if type(reference) is Held:
        reference.session = None
    with memoryview(area) as whole, whole[before:] as view:
        value = use(view)
    area.close()
    return value


def read(reference):
    """Copies the bytes of a block."""
    _, path, _, offset, size = unpack(bytes(reference.data))
    with _open(reference) as fd:
        # One call reads less than 2 GiB.
        content = os.pread(fd, size, offset)
        while 0 < len(content) < size:
            more = os.pread(fd, size - len(content), offset + len(content))
            content = content + more if more else b""
    if len(content) != size:
        raise _lost(path)
    # Parts of what is large are not copied again.
    return memoryview(content) if size >= LARGE_BYTES else content


@contextmanager
def _open(reference):
    """
    The file of a block. It is opened each time, because an open descriptor would keep memory that the server has
    released.
    """
    _, path, inode, _, _ = unpack(bytes(reference.data))
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError as error:
        raise _lost(path) from error
    try:
        status = os.fstat(fd)
        if f"{status.st_dev}:{status.st_ino}" != inode:
            raise _lost(path)
        yield fd
    finally:
        os.close(fd)


def _lost(path):
    return Closed(f"the server's memory at {path} could not be read: has the server ended?")


def inline(session, item):
    """
    The item, a payload or a foreign one, with its bytes in place of a reference to them, which is given back.
    """
    payload = getattr(item, "payload", item)
    if type(payload) is not list or not isinstance(payload[0], Ext):
        return item
    reference, handles = payload
    block = _handle_of(reference)
    try:
        data = read(reference)
    finally:
        _release(session, block)
    others = [handle for handle in handles if handle != block]
    inlined = [data, others] if others else data
    if payload is item:
        return inlined
    item.payload = inlined
    return item


def stored_payload(handle, others):
    """A packed payload, whose bytes are in this block."""
    handles = [handle, *others]
    return joined((array_head(2), pack_ext(BLOCK, pack_str(handle)), array_head(len(handles)), *map(pack_str, handles)))


def repacked_reference(reference):
    """A received reference, as it is sent."""
    return pack_ext(BLOCK, pack_str(_handle_of(reference)))
