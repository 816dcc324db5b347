"""The standard streams of a command, as file objects of its parent, as in `subprocess.Popen`."""

import errno
import io

from .._errors import PolyprocError
from .._session.params import field, packed_map
from .._values.msgpack import pack_str
from .._values.payload import decode, encode
from ..targets import Target

# subprocess.PIPE; importing that module takes milliseconds that every worker would pay.
_PIPE = -1
# Most bytes of one write, and of one read.
_CHUNK_BYTES = 256 * 1024


def wanted(target, **streams):
    """The names of the streams that are PIPE. Raises ValueError for another value, and for what is no command."""
    names = [name for name, value in streams.items() if value is not None]
    for name in names:
        if streams[name] != _PIPE:
            raise ValueError(f"{name} must be subprocess.PIPE or None; got {streams[name]!r}")
        if not isinstance(target, Target) or "command" not in target.wire():
            raise ValueError(f"{name}=PIPE is for a command: target=polyproc.command(…)")
    return names


def open_stream(process, name):
    """The file object of a process that has started."""
    if name == "stdin":
        return io.BufferedWriter(_Input(process, name))
    return io.BufferedReader(_Output(process, name), _CHUNK_BYTES)


class _Stream(io.RawIOBase):
    def __init__(self, process, name):
        # The handle lives as long as the process object.
        self._process = process
        self._name = name
        self._session = process._session

    def _ask(self, method, *members, undo=None):
        handle = field("process", self._process._handle)
        try:
            answer = self._session.send(method, packed_map([handle, *members]), undo=undo)
            return self._session.wait(answer, undo)
        except PolyprocError as error:
            if error.name == "BrokenPipe":
                raise BrokenPipeError(errno.EPIPE, str(error)) from None
            raise

    def close(self):
        if self.closed:
            return
        super().close()
        if self._process._session is not None:
            members = (field("process", self._process._handle), field("stream", self._name))
            try:
                self._session.cast("process/closeStream", packed_map(members))
            except PolyprocError:
                # The session has ended, and the streams with it.
                pass


class _Input(_Stream):
    def writable(self):
        return True

    def write(self, data):
        with memoryview(data) as view, view.cast("B") as octets:
            part = bytes(octets[:_CHUNK_BYTES])
        if part:
            self._ask("process/write", pack_str("data") + encode(self._session, part))
        return len(part)


class _Output(_Stream):
    def __init__(self, process, name):
        super().__init__(process, name)
        # What was read when an exception of a signal handler ended the wait.
        self._unread = []
        self._ended = False

    def readable(self):
        return True

    def readinto(self, buffer):
        if not self._unread and not self._ended:
            members = (field("stream", self._name), field("maxBytes", max(1, min(len(buffer), _CHUNK_BYTES))))
            self._came(self._ask("process/read", *members, undo=self._came))
        if not self._unread:
            return 0
        data = self._unread.pop(0)
        if len(data) > len(buffer):
            self._unread.insert(0, data[len(buffer) :])
        count = min(len(data), len(buffer))
        buffer[:count] = data[:count]
        return count

    def _came(self, result):
        data = decode(self._session, result["data"])
        if data:
            self._unread.append(data)
        self._ended = result["end"]
