"""The results pipe: what a host writes there wakes nobody, and is not lost when the host dies."""

import os
import stat
from struct import Struct

RESULTS_FD = 5
# A pipe takes this much in whole or not at all.
_MAX_BYTES = 4096
_AFTER = Struct(">Q").pack
# So many results may stay there before the server is told in the usual way,
_MAX_RESULTS = 8
# and so long, in seconds, may its last word be ago.
_MAX_SECONDS = 0.001


def is_there():
    """Whether the server has such a pipe for this host."""
    try:
        if not stat.S_ISFIFO(os.fstat(RESULTS_FD).st_mode):
            return False
        os.set_inheritable(RESULTS_FD, False)
    except OSError:
        return False
    return True


class Results:
    """Decides which results are sent at once. Those that are not come before whatever is sent next."""

    def __init__(self, session, fd):
        self._session, self._fd = session, fd
        self._written = 0
        self._sent_at = 0.0

    def tell(self, data, now, more):
        """A whole message, at this time (`perf_counter`). `more`: tasks are waiting, so the next result comes soon."""
        if more and self._fd is not None and self._written < _MAX_RESULTS and now - self._sent_at < _MAX_SECONDS and len(data) <= _MAX_BYTES - 8:
            try:
                os.write(self._fd, _AFTER(self._session.wire.sent) + data)
                self._written += 1
                return
            except BlockingIOError:
                # It is full.
                pass
        self._written = 0
        self._sent_at = now
        self._session.send_now(data)

    def flush(self):
        """Nothing follows for now: the server is to read what is there."""
        if self._written:
            self._written = 0
            self._session.notify("worker/wrote", {})
