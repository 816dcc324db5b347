"""File descriptors that become readable when something at the server is ready: for `select` and event loops."""

import os

from .params import NO_WAIT


class PipeReadiness:
    """A descriptor that is readable while the pipe's end has something to receive."""

    def __init__(self, end):
        self._session, self._params = end._session, end._params
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)
        os.set_blocking(self._write, False)
        self._signalled = False
        self._session.listen()
        self.refresh()

    def fileno(self):
        # `select` calls this each time. Another process may have taken the item that this one was told of. Without the
        # check, a program would be blocked in `recv`, perhaps with a lock.
        if self._signalled and not self._is_ready():
            self._hush()
            self._watch()
        return self._read

    def refresh(self):
        """
        Asks the server now. On return the descriptor is up to date. `fileno` calls this if the descriptor is readable.
        """
        if self._signalled:
            return
        if self._is_ready():
            self._signal()
        else:
            self._watch()

    def received(self):
        """Call after something was taken: it may have been the last item."""
        if self._signalled and self._read is not None:
            self._hush()
            self.refresh()

    def _is_ready(self):
        return self._session.wait(self._session.send("pipe/poll", self._params(NO_WAIT)))["ready"]

    def _hush(self):
        self._signalled = False
        try:
            os.read(self._read, 64)
        except BlockingIOError:
            pass

    def close(self):
        fds, self._read, self._write = (self._read, self._write), None, None
        for fd in fds:
            if fd is not None:
                os.close(fd)

    def _watch(self):
        def then(answer):
            # Also on an error: the read that follows raises it.
            self._signal()

        self._session.send("pipe/poll", self._params.alone, then)

    def _signal(self):
        if self._signalled or self._write is None:
            return
        self._signalled = True
        try:
            os.write(self._write, b"\0")
        except (BlockingIOError, OSError):
            pass


class ExitReadiness:
    """A descriptor that is readable once a process has ended."""

    def __init__(self, session, params):
        self._read, write = os.pipe()
        # An object whose `close` can be called again.
        self._write = open(write, "wb", buffering=0)
        session.listen()
        session.send("process/join", params, lambda answer: self._end())

    def fileno(self):
        return self._read

    def _end(self):
        self._write.close()

    def close(self):
        read, self._read = self._read, None
        if read is not None:
            os.close(read)
