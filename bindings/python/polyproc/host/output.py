"""
sys.stdout and sys.stderr of a worker: output goes over the host's connection, in order with the results, and belongs to
its task.
"""

import io
import os
import sys

_PART_BYTES = 1 << 20


class _Stream(io.RawIOBase):
    def __init__(self, session, name, fd):
        self._session = session
        self._wire_name = name
        self._fd = fd
        self._pid = os.getpid()

    @property
    def name(self):
        return f"<{self._wire_name}>"

    @property
    def mode(self):
        return "wb"

    def writable(self):
        return True

    def fileno(self):
        return self._fd

    def write(self, data):
        data = bytes(data)
        session = self._session
        if session.error is not None or self._pid != os.getpid():
            # A forked child has the process's own pipe only.
            return os.write(self._fd, data)
        for at in range(0, len(data), _PART_BYTES):
            session.notify("worker/output", {"stream": self._wire_name, "data": data[at : at + _PART_BYTES]})
        return len(data)


def capture(session):
    """Replaces both streams. Returns a function that sends the beginning of an unfinished line."""
    streams = []
    for name, fd in (("stdout", 1), ("stderr", 2)):
        stream = io.TextIOWrapper(
            _Stream(session, name, fd), encoding="utf-8", errors="backslashreplace", newline="\n", line_buffering=True
        )
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
        streams.append(stream)

    def flush():
        for stream in streams:
            try:
                stream.flush()
            except ValueError:
                # The task closed it.
                pass

    return flush
