"""Pipe, its ends, and `wait` for several of them."""

import asyncio

from .. import connection
from .._errors import PolyprocError
from .._session.params import ms, waiting
from .._values.foreign import item_of
from .._values.msgpack import pack
from ..connection import _ITEM, _LARGE_BYTES, _as_os_error
from .asking import ask, is_free
from .face import Face, _forwarded


class Connection(Face):
    """One end of a pipe."""

    _kind = connection.Connection

    def __init__(self, *_):
        raise TypeError("Connection objects come from Pipe()")

    closed = _forwarded("closed", "Whether this end was closed in this process.")
    readable = _forwarded("readable", "Whether items can be received here.")
    writable = _forwarded("writable", "Whether items can be sent here.")

    async def send(self, obj):
        """Sends an object to the other end."""
        await self._send(self.shared._item_of(obj))

    async def recv(self):
        """
        Waits for an object and takes it. Raises EOFError once no process holds the other end and nothing is left. If it
        is cancelled it takes none: an object that was on its way goes to the next `recv`.
        """
        item = await self._recv()
        return self.shared._value_of(item)

    async def send_bytes(self, buf, offset=0, size=None):
        """Sends bytes as they are."""
        await self._send(self.shared._item_of_bytes(buf, offset, size))

    async def recv_bytes(self, maxlength=None):
        """Takes bytes that `send_bytes` sent. Objects that `send` sent arrive pickled."""
        if maxlength is not None and maxlength < 0:
            raise ValueError("negative maxlength")
        item = await self._recv()
        return self.shared._checked_bytes(self.shared._bytes_of(item), maxlength)

    async def poll(self, timeout=0.0):
        """Whether `recv` would return at once. Waits for that up to `timeout` (seconds; None: no limit)."""
        shared = self.shared
        shared._check_readable()
        if shared._unread or shared._end.late:
            return True
        params = shared._params(*waiting(True, timeout))
        return (await self._ask_os("pipe/poll", params))["ready"]

    def close(self):
        """
        Closes this end in this process. Once all processes have closed it, the other end's `recv` raises EOFError.
        """
        self.shared.close()

    async def _send(self, item):
        shared = self.shared
        if len(item) <= _LARGE_BYTES and is_free(shared._session):
            shared._send(item)
        else:
            shared._end.leave_writer()
            await self._ask_os("pipe/send", shared._params.holding(_ITEM, item))

    async def _recv(self):
        shared = self.shared
        shared._check_readable()
        if shared._unread:
            return shared._unread.pop(0)
        if shared._end.late:
            return shared._end.late.popleft()
        item = item_of(await self._ask_os("pipe/recv", shared._params.alone, shared._undo), shared._handle)
        if shared._readiness is not None:
            # The descriptor is being polled, too, and it asks the server.
            await asyncio.get_running_loop().run_in_executor(None, shared._readiness.received)
        return item

    async def _ask_os(self, method, params, undo=None):
        try:
            return await self._ask(method, params, undo)
        except PolyprocError as error:
            raise _as_os_error(error, method) from None

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        self.close()


def Pipe(duplex=True, *, ctx=None):
    """Two ends. With `duplex` false the first only receives and the second only sends."""
    first, second = connection.Pipe(duplex, ctx=ctx)
    return Connection.of(first), Connection.of(second)


async def wait(object_list, timeout=None):
    """The ends that can be read. Waits for one up to `timeout` (seconds; None: no limit)."""
    ends = list(object_list)
    for end in ends:
        if not isinstance(end, Connection):
            raise TypeError(f"expected ends of pipes of polyproc.aio, got {end!r}")
        end.shared._check_readable()
    sessions = {end._session for end in ends}
    if len(sessions) > 1:
        raise ValueError("these ends belong to different servers")
    unread = [end for end in ends if end.shared._unread or end.shared._end.late]
    if unread or not ends:
        return unread
    result = await ask(
        sessions.pop(), "pipe/wait", pack({"handles": [end._handle for end in ends], "timeoutMs": ms(timeout)})
    )
    ready = set(result["ready"])
    return [end for end in ends if end._handle in ready]


__all__ = ["Connection", "Pipe", "wait"]
