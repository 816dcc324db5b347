"""The workers of a pool, for programs that look at them."""

from .._errors import PolyprocError
from .._session.params import ms


class PoolWorker:
    """A worker process of a pool."""

    def __init__(self, session, entry):
        self._session, self._handle = session, entry["process"]
        self.pid = self.ident = entry["pid"]
        self.name, self.daemon = entry["name"], entry["daemon"]

    def is_alive(self):
        return self.exitcode is None

    @property
    def exitcode(self):
        return self._ended({"timeoutMs": 0})

    def join(self, timeout=None):
        """Waits until the process has ended, up to `timeout` (seconds)."""
        self._ended({} if timeout is None else {"timeoutMs": ms(timeout)})

    def terminate(self):
        self._session.request("process/terminate", {"process": self._handle})

    def kill(self):
        self._session.request("process/kill", {"process": self._handle})

    def _ended(self, how):
        try:
            result = self._session.request("process/join", {"process": self._handle, **how})
        except PolyprocError:
            # No result of it is held any more.
            return 0
        return result["exitCode"] if result["exited"] else None

    def __repr__(self):
        return f"<Process name={self.name!r} pid={self.pid}{' daemon' if self.daemon else ''}>"
