"""Condition."""

from .._errors import PolyprocError
from .._session.deadline import deadline_in, seconds_left
from .._session.messages import owner
from .._session.params import Params, field, waiting
from .._shared import SharedObject
from . import MODULE
from .lock import Lock, RLock


class Condition(SharedObject):
    """
    A condition variable: processes that hold its lock wait for each other's notification.

    `lock`: a Lock or an RLock; default: an RLock of its own, which has the condition's name if it has one.
    `name`: all programs on the same server that make a condition of this name share it.
    """

    __module__ = MODULE

    _kind = "condition"
    _everywhere = True
    _lock_object = None

    def __init__(self, lock=None, *, ctx=None, name=None):
        self._set_state(RLock(ctx=ctx, name=name) if lock is None else lock)
        self._create(ctx, "condition/create", lambda handle: {"condition": handle, "lock": self._lock._handle}, name)

    def _begin(self):
        self._params = Params(field("condition", self._handle))

    def _state(self):
        return self._lock

    def _set_state(self, lock):
        self._lock_object = lock
        self.acquire = lock.acquire
        self.release = lock.release

    def __getattr__(self, name):
        # Another language sends the handle alone; the server knows the lock.
        if name in ("acquire", "release"):
            self._lock
            return self.__dict__[name]
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    @property
    def _lock(self):
        if self._lock_object is None:
            handle = self._request("condition/status", self._params.alone)["lock"]
            self._session.request("handle/retain", {"handle": handle})
            lock = object.__new__(RLock if handle.startswith("rlock:") else Lock)
            lock._adopt(self._session, handle)
            self._session.adopt(handle, 1)
            self._session.drop(handle)
            self._set_state(lock)
        return self._lock_object

    def __enter__(self):
        return self._lock.__enter__()

    def __exit__(self, *args):
        return self._lock.__exit__(*args)

    def wait(self, timeout=None):
        """
        Releases the lock, waits for a notification, and acquires the lock again.

        `timeout`: seconds to wait for the notification; None (the default) waits without a limit.

        Returns True if it was notified, and False if the timeout passed first. Raises AssertionError if this thread
        does not hold the lock.
        """
        return self._held("condition/wait", self._params(owner(), *waiting(True, timeout)))["notified"]

    def wait_for(self, predicate, timeout=None):
        """
        Waits until `predicate()` is true. It is called with the lock held: at once, and after each notification.

        `timeout`: seconds to wait in all; None (the default) waits without a limit.

        Returns the predicate's last value, which is false only if the timeout passed first.
        """
        deadline = deadline_in(timeout)
        while not (result := predicate()):
            left = seconds_left(deadline)
            if left == 0:
                break
            self.wait(left)
        return result

    def notify(self, n=1):
        """
        Wakes up to `n` waiters (default 1), the first first. Raises AssertionError if this thread does not hold the
        lock.
        """
        self._held("condition/notify", self._params(owner(), field("n", n)))

    def notify_all(self):
        """Wakes all waiters. Raises AssertionError if this thread does not hold the lock."""
        self._held("condition/notify", self._params(owner(), field("n", None)))

    def _held(self, method, params):
        try:
            return self._request(method, params)
        except PolyprocError as error:
            if error.name == "NotOwner":
                raise AssertionError("must acquire() condition before using wait() or notify()") from error
            raise

    # The counters that multiprocessing's Condition is made of, for programs that look at them.

    @property
    def _sleeping_count(self):
        return _Counter(lambda: self._request("condition/status", self._params.alone)["waiters"])

    @property
    def _woken_count(self):
        return _Counter(lambda: 0)

    _wait_semaphore = _woken_count

    def __repr__(self):
        try:
            waiters = self._request("condition/status", self._params.alone)["waiters"]
        except PolyprocError:
            waiters = "unknown"
        return f"<{type(self).__name__}({self._lock}, {waiters})>"


class _Counter:
    def __init__(self, get_value):
        self.get_value = get_value
