"""Pipe, its ends, and `wait` for several of them."""

import pickle
import select

from . import _shared  # noqa: F401
from ._bypass.pipe_end import end_of
from ._errors import AuthenticationError, BufferTooShort, PolyprocError  # noqa: F401
from ._server import at_exit  # noqa: F401
from ._session.deadline import deadline_in, seconds_left
from ._session.params import CAST, Params, field, ms
from ._shared import SharedObject
from ._standard.descriptors import of_sockets
from ._values.foreign import Foreign, item_of
from ._values.msgpack import pack, pack_bin, pack_str, unpack
from ._values.payload import PICKLE, decode, encode_apart, pickled, to_wire
from ._values.stored import inline

_ITEM = pack_str("item")
_CHANNEL = field("channel", True)
_DONT_TAKE = field("take", False)
# From here on `send` waits until the item is stored: a few of them fill a pipe.
_LARGE_BYTES = 256 * 1024


class Connection(SharedObject):
    """One end of a pipe."""

    _kind = "pipe"
    _everywhere = True
    _closed = False
    _readiness = None
    _modes = (True, True)
    # Items that arrived for a receiver that had given up waiting.
    _unread = None

    def __new__(cls, handle=None, readable=True, writable=True):
        """An end comes from `Pipe()`. A connection over a descriptor is the standard library's own."""
        if handle is None:
            return super().__new__(cls)
        from ._standard.descriptors import standard_connection

        return standard_connection().Connection(handle, readable, writable)

    def __init__(self, *_):
        raise TypeError("Connection objects come from Pipe()")

    def _begin(self):
        self._params = Params(field("end", self._handle))
        self._end = end_of(self._session, self._handle)

    def _state(self):
        return self._modes

    def _set_state(self, modes):
        self._modes = modes

    @property
    def closed(self):
        """Whether this end was closed in this process."""
        return self._closed

    @property
    def readable(self):
        """Whether items can be received here."""
        return self._modes[0]

    @property
    def writable(self):
        """Whether items can be sent here."""
        return self._modes[1]

    def send(self, obj):
        """Sends an object to the other end."""
        self._check_writable()
        self._send_apart(*self._apart(obj))

    def _apart(self, obj):
        if type(obj) is bytes and _is_pickle(obj):
            # Plain, it would be taken for what `send_bytes` sent.
            return pickled(obj), ()
        return encode_apart(self._session, obj)

    def _item_of(self, obj):
        self._check_writable()
        return to_wire(self._session, *self._apart(obj))

    def recv(self):
        """
        Waits for an object and takes it. EOFError once no process holds the other end and nothing is left. What was
        pickled by hand and sent with `send_bytes` is unpickled, as in multiprocessing.
        """
        return self._value_of(self._recv())

    def _value_of(self, item):
        value = decode(self._session, item)
        if type(item) is Foreign:
            return value
        if type(value) is bytes and _is_pickle(value) and item[0] in _BIN:
            return pickle.loads(value)
        return value

    def send_bytes(self, buf, offset=0, size=None):
        """Sends bytes as they are."""
        self._send_apart(self._packed_bytes(buf, offset, size), ())

    def _item_of_bytes(self, buf, offset, size):
        return to_wire(self._session, self._packed_bytes(buf, offset, size), ())

    def _packed_bytes(self, buf, offset, size):
        self._check_writable()
        data = memoryview(buf)
        if data.itemsize > 1 or data.ndim > 1:
            data = data.cast("B")
        n = data.nbytes
        if offset < 0:
            raise ValueError("offset is negative")
        if n < offset:
            raise ValueError("buffer length < offset")
        if size is None:
            size = n - offset
        elif size < 0:
            raise ValueError("size is negative")
        elif offset + size > n:
            raise ValueError("buffer length < offset + size")
        whole = type(buf) is bytes and size == len(buf)
        return pack_bin(buf if whole else bytes(data[offset : offset + size]))

    def recv_bytes(self, maxlength=None):
        """Takes what `send_bytes` sent. What `send` sent comes pickled."""
        if maxlength is not None and maxlength < 0:
            raise ValueError("negative maxlength")
        return self._checked_bytes(self._recv_bytes(), maxlength)

    def _checked_bytes(self, data, maxlength):
        if maxlength is not None and len(data) > maxlength:
            self.close()
            raise OSError("bad message length")
        return data

    def recv_bytes_into(self, buf, offset=0):
        """Takes bytes into a writable buffer. Returns how many. BufferTooShort holds them when they do not fit."""
        with memoryview(buf) as view:
            itemsize = view.itemsize
            size = itemsize * len(view)
            if offset < 0:
                raise ValueError("negative offset")
            if offset > size:
                raise ValueError("offset too large")
            data = self._recv_bytes()
            if size < offset + len(data):
                raise BufferTooShort(data)
            view.cast("B")[offset : offset + len(data)] = data
            return len(data)

    def poll(self, timeout=0.0):
        """Whether `recv` would not wait, waiting up to `timeout` (seconds; None: no limit) for that."""
        self._check_readable()
        if self._unread:
            return True
        deadline = deadline_in(timeout)
        while True:
            ready = self._end.is_ready(deadline)
            if ready is not None:
                return ready
            result = self._follow(False, ms(seconds_left(deadline)))
            if "ready" in result:
                return result["ready"]

    def _follow(self, take, timeout_ms):
        """
        What the server has for this end. It may be neither item nor readiness, but a channel, which `_end` then has.
        """
        session = self._session
        members = [] if timeout_ms is None else [field("timeoutMs", timeout_ms)]
        follows = session.channels
        if follows and not take:
            members.append(_DONT_TAKE)
        params = self._params(*members)
        if not follows:
            return self._ask("pipe/recv" if take else "pipe/poll", params, self._undo)
        try:
            return session.wait(self._end.follow(params, self._undo), self._undo)
        except PolyprocError as error:
            raise _as_os_error(self._failure or error) from None

    def close(self):
        """
        Closes this end in this process. Once all processes have closed it, the other end's `recv` raises EOFError.
        """
        if self._closed:
            return
        self._closed = True
        self._end = None
        if self._readiness is not None:
            self._readiness.close()
        self._session.drop(self._handle)

    def fileno(self):
        """
        A file descriptor that can be read (`select`) while there is something to receive. It is not the pipe itself.
        """
        self._check_open()
        if self._readiness is None:
            from ._session.readiness import PipeReadiness

            self._readiness = PipeReadiness(self)
        return self._readiness.fileno()

    def _send_apart(self, data, handles):
        if not handles and self._failure is None and self._end.write(data):
            return
        self._send(to_wire(self._session, data, handles), not handles and self._session.channels)

    def _send(self, item, channel=False):
        # The order of items is kept, and the next call raises a failure. So there is no need to wait for each answer.
        failure, self._failure = self._failure, None
        if failure is not None:
            raise _as_os_error(failure, "pipe/send")
        self._end.leave_writer()
        if len(item) > _LARGE_BYTES:
            self._ask("pipe/send", self._params.holding(_ITEM, item))
            return
        more = (CAST, _CHANNEL) if channel else (CAST,)
        self._session.cast("pipe/send", self._params.holding(_ITEM, item, more=more), self._failed)
        if self._failure is not None:
            failure, self._failure = self._failure, None
            raise _as_os_error(failure, "pipe/send")

    def _recv(self):
        self._check_readable()
        if self._unread:
            return self._unread.pop(0)
        item = self._end.take()
        while item is None:
            item = item_of(self._follow(True, None), self._handle)
            if item is None or self._end.late:
                if item is not None:
                    self._end.late.append(item)
                item = self._end.take()
        if self._readiness is not None:
            self._readiness.received()
        return item

    def _undo(self, result):
        """The answer of a request that was given up."""
        if "item" in result:
            self._unread = [*(self._unread or ()), item_of(result, self._handle)]

    def _recv_bytes(self):
        return self._bytes_of(self._recv())

    def _bytes_of(self, item):
        item = inline(self._session, item)
        payload = item.payload if type(item) is Foreign else item
        data = payload[0] if type(payload) is list else payload
        value = unpack(data)
        if type(value) is bytes:
            return value
        code = getattr(value, "code", None)
        if code is not None:
            tag, content = unpack(value.data)
            if tag == PICKLE:
                return content
        return pickle.dumps(decode(self._session, item))

    def _ask(self, method, params, undo=None):
        try:
            return self._request(method, params, undo)
        except PolyprocError as error:
            raise _as_os_error(error, method) from None

    def _check_open(self):
        if self._closed:
            raise OSError("handle is closed")

    def _check_readable(self):
        self._check_open()
        if not self._modes[0]:
            raise OSError("connection is write-only")

    def _check_writable(self):
        self._check_open()
        if not self._modes[1]:
            raise OSError("connection is read-only")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def __reduce__(self):
        self._check_open()
        return super().__reduce__()

    def __del__(self):
        if not self._closed:
            if self._readiness is not None:
                self._readiness.close()
            # Channels are left before the handle is let go.
            self._end = None
            super().__del__()

    def __repr__(self):
        return f"<polyproc.Connection {self._handle}{', closed' if self._closed else ''}>"


# First bytes of msgpack's bin.
_BIN = (0xC4, 0xC5, 0xC6)


def _is_pickle(data):
    return len(data) > 2 and data[0] == 0x80 and 2 <= data[1] <= 5 and data[-1] == 0x2E


def _as_os_error(error, method="pipe/recv"):
    if error.name == "EndOfFile":
        return EOFError()
    if error.name == "BrokenPipe":
        return BrokenPipeError(32, str(error))
    if error.name == "UnknownHandle":
        # Everybody has let go of this end's pipe, another thread of this process included.
        return BrokenPipeError(32, "the pipe was closed") if method == "pipe/send" else EOFError()
    return error


def Pipe(duplex=True, *, ctx=None):
    """Two ends. With `duplex` false the first only receives and the second only sends."""
    from ._server.default import default_session

    session = ctx._session() if ctx is not None else default_session()
    ends = []
    for modes in ((True, duplex), (duplex, True)):
        end = Connection.__new__(Connection)
        end._session, end._handle = session, session.mint("pipe")
        session.adopt(end._handle)
        end._begin()
        end._set_state(modes)
        ends.append(end)
    first, second = ends

    def not_made(error):
        first._not_made(error)
        second._not_made(error)

    session.cast(
        "pipe/create", pack({"first": first._handle, "second": second._handle, "duplex": bool(duplex)}), not_made
    )
    return first, second


def wait(object_list, timeout=None):
    """
    Those of the objects that are ready: ends of pipes that can be read, sentinels of processes that have ended, and
    whatever else has a `fileno`. Waits up to `timeout` (seconds; None: no limit).
    """
    objects = list(object_list)
    if objects and all(isinstance(one, Connection) for one in objects):
        at_hand = [one for one in objects if one._unread or one._end.reader is not None and one._end.is_ready(0)]
        if at_hand:
            return at_hand
        sessions = {one._session for one in objects}
        if len(sessions) == 1:
            for one in objects:
                one._check_readable()
            session = sessions.pop()
            by_handle = {one._handle: one for one in objects}
            result = session.request("pipe/wait", {"handles": list(by_handle), "timeoutMs": ms(timeout)})
            ready = set(result["ready"])
            return [one for one in objects if one._handle in ready]
    poll = select.poll()
    by_fd = {}
    for one in objects:
        fd = one if isinstance(one, int) else one.fileno()
        by_fd.setdefault(fd, []).append(one)
        poll.register(fd, select.POLLIN | select.POLLHUP)
    deadline = deadline_in(timeout)
    # What is just becoming readable at the server counts.
    for one in objects:
        readiness = getattr(one, "_readiness", None)
        if readiness is not None:
            readiness.refresh()
    events = poll.poll(ms(seconds_left(deadline)))
    ready = {fd for fd, _ in events}
    return [one for fd, some in by_fd.items() if fd in ready for one in some]


_shared.classes["pipe"] = Connection


# Sockets are the standard library's business.
__getattr__ = of_sockets

__all__ = ["Client", "Connection", "Listener", "Pipe", "wait"]
