"""Lock, RLock, Semaphore, BoundedSemaphore, Event, Condition, Barrier."""

import threading
import time

from . import _shared  # noqa: F401
from ._errors import PolyprocError
from ._processes import current
from ._server import at_exit  # noqa: F401
from ._session.messages import owner
from ._session.params import field, ms
from ._shared import SharedObject
from ._values.msgpack import map_head, pack_str

_NO_WAIT = field("timeoutMs", 0)
_OWNER = pack_str("owner")
_EARLY = field("early", True)


class _Acquirable(SharedObject):
    """What is acquired and released by a thread."""

    _area = ""
    # How often it was acquired through this object and not released through it.
    _holds = 0

    def _begin(self):
        self._acquire, self._release = self._area + "/acquire", self._area + "/release"
        named = field(self._area, self._handle) + _OWNER
        self._two = map_head(2) + named
        self._three = map_head(3) + named

    def acquire(self, block=True, timeout=None):
        """Whether it was acquired: False when `timeout` (seconds) passed, or it was not free and `block` is false."""
        if not block:
            params = b"".join((self._three, owner(), _NO_WAIT))
        elif timeout is None:
            params = self._two + owner()
        else:
            params = b"".join((self._three, owner(), field("timeoutMs", ms(timeout))))
        acquired = self._request(self._acquire, params, self._undo)["acquired"]
        if acquired:
            self._holds += 1
        return acquired

    def _undo(self, result):
        if result["acquired"]:
            self._holds += 1
            self.release()

    def release(self):
        if self._holds > 0:
            # It was acquired here, so this cannot fail, and nobody need wait for the answer.
            self._holds -= 1
            self._session.cast(self._release, b"".join((self._three, owner(), _EARLY)))
        else:
            self._request(self._release, self._two + owner())

    def _status(self):
        return self._request(self._area + "/status", map_head(1) + field(self._area, self._handle))

    def __enter__(self):
        return self.acquire()

    def __exit__(self, *_):
        self.release()


class _ReleasedByAnybody(_Acquirable):
    """What any thread or process may release, and too often."""

    def release(self):
        try:
            super().release()
        except PolyprocError as error:
            if error.name == "BadState":
                raise ValueError("semaphore or lock released too many times") from error
            raise


class Lock(_ReleasedByAnybody):
    """A lock that any process may release. `name` shares it by name with whoever uses the same server."""

    _kind = _area = "lock"
    _everywhere = True

    def __init__(self, *, ctx=None, name=None):
        self._create(ctx, "lock/create", lambda handle: {"lock": handle}, name)

    def locked(self):
        return self._status()["locked"]

    def __repr__(self):
        return f"<{type(self).__name__}(owner={_holder(self)})>"


class RLock(_Acquirable):
    """A lock that its thread may take again."""

    _kind = "rlock"
    _area = "lock"
    _everywhere = True

    def __init__(self, *, ctx=None, name=None):
        self._create(ctx, "lock/create", lambda handle: {"lock": handle}, name)

    def release(self):
        # Another thread of this process may hold it: the server knows.
        self._holds = 0
        try:
            super().release()
        except PolyprocError as error:
            if error.name in ("BadState", "NotOwner"):
                raise AssertionError("attempt to release recursive lock not owned by thread") from error
            raise

    def locked(self):
        return self._status()["locked"]

    def __repr__(self):
        try:
            depth = self._status()["depth"]
        except PolyprocError:
            depth = "unknown"
        return f"<{type(self).__name__}({_holder(self)}, {depth})>"


def _holder(lock):
    """Who holds it: the thread that asks by its name, others by their session."""
    try:
        status = lock._status()
    except PolyprocError:
        return "unknown"
    if not status["locked"]:
        return "None"
    if lock._holds == 0:
        return status["holder"]
    name, thread = current.process.name, threading.current_thread().name
    return name if thread == "MainThread" else f"{name}|{thread}"


class Semaphore(_ReleasedByAnybody):
    """`value` permits."""

    _kind = _area = "semaphore"
    _everywhere = True
    _bounded = False

    def __init__(self, value=1, *, ctx=None, name=None):
        if value < 0:
            raise ValueError("semaphore initial value must be >= 0")
        self._create(
            ctx,
            "semaphore/create",
            lambda handle: {"semaphore": handle, "value": value, "bounded": self._bounded},
            name,
        )

    def get_value(self):
        return self._status()["value"]

    def __repr__(self):
        try:
            value = self.get_value()
        except PolyprocError:
            value = "unknown"
        return f"<{type(self).__name__}(value={value})>"


class BoundedSemaphore(Semaphore):
    """A semaphore that cannot be released above its initial value: that is ValueError."""

    _everywhere = True
    _bounded = True


class Event(SharedObject):
    _kind = "event"
    _everywhere = True

    def __init__(self, *, ctx=None, name=None):
        self._create(ctx, "event/create", lambda handle: {"event": handle}, name)

    def _begin(self):
        self._one = map_head(1) + field("event", self._handle)
        self._two = map_head(2) + field("event", self._handle)

    def is_set(self):
        return self._request("event/status", self._one)["set"]

    def set(self):
        self._request("event/set", self._one)

    def clear(self):
        self._request("event/clear", self._one)

    def wait(self, timeout=None):
        """Whether the event is set: False when `timeout` (seconds) has passed."""
        params = self._one if timeout is None else self._two + field("timeoutMs", ms(timeout))
        return self._request("event/wait", params)["set"]

    def __repr__(self):
        try:
            state = "set" if self.is_set() else "unset"
        except PolyprocError:
            state = "unknown"
        return f"<{type(self).__qualname__} at {id(self):#x} {state}>"


class Condition(SharedObject):
    """A condition over `lock`; default: an RLock of its own, of the same name when there is one."""

    _kind = "condition"
    _everywhere = True
    _lock_object = None

    def __init__(self, lock=None, *, ctx=None, name=None):
        self._set_state(RLock(ctx=ctx, name=name) if lock is None else lock)
        self._create(ctx, "condition/create", lambda handle: {"condition": handle, "lock": self._lock._handle}, name)

    def _begin(self):
        named = field("condition", self._handle)
        self._one = map_head(1) + named
        self._two = map_head(2) + named + _OWNER
        self._three = map_head(3) + named + _OWNER

    def _state(self):
        return self._lock

    def _set_state(self, lock):
        self._lock_object = lock
        self.acquire = lock.acquire
        self.release = lock.release

    def __getattr__(self, name):
        # From another language comes the handle alone; the server knows the lock.
        if name in ("acquire", "release"):
            self._lock
            return self.__dict__[name]
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    @property
    def _lock(self):
        if self._lock_object is None:
            handle = self._request("condition/status", self._one)["lock"]
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
        """Gives up the lock until it is notified. False when `timeout` (seconds) passed first."""
        params = (
            self._two + owner()
            if timeout is None
            else b"".join((self._three, owner(), field("timeoutMs", ms(timeout))))
        )
        return self._held("condition/wait", params)["notified"]

    def wait_for(self, predicate, timeout=None):
        """Waits until the predicate is true. Returns its last value."""
        end = None if timeout is None else time.monotonic() + timeout
        result = predicate()
        while not result:
            left = None if end is None else end - time.monotonic()
            if left is not None and left <= 0:
                break
            self.wait(left)
            result = predicate()
        return result

    def notify(self, n=1):
        self._held("condition/notify", b"".join((self._three, owner(), field("n", n))))

    def notify_all(self):
        self._held("condition/notify", b"".join((self._three, owner(), field("n", None))))

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
        return _Counter(lambda: self._request("condition/status", self._one)["waiters"])

    @property
    def _woken_count(self):
        return _Counter(lambda: 0)

    _wait_semaphore = _woken_count

    def __repr__(self):
        try:
            waiters = self._request("condition/status", self._one)["waiters"]
        except PolyprocError:
            waiters = "unknown"
        return f"<{type(self).__name__}({self._lock}, {waiters})>"


class _Counter:
    def __init__(self, get_value):
        self.get_value = get_value


class Barrier(SharedObject):
    """A meeting point for `parties`. `action` is called by one of them, each time that all are there."""

    _kind = "barrier"
    _everywhere = True
    _action = None

    def __init__(self, parties, action=None, timeout=None, *, ctx=None, name=None):
        if parties < 1:
            raise ValueError("parties must be > 0")
        self._action = action
        self._create(
            ctx,
            "barrier/create",
            lambda handle: {
                "barrier": handle,
                "parties": parties,
                "hasAction": action is not None,
                "timeoutMs": ms(timeout),
            },
            name,
        )

    def _begin(self):
        self._one = map_head(1) + field("barrier", self._handle)
        self._two = map_head(2) + field("barrier", self._handle)

    def _plain_handle(self):
        return super()._plain_handle() if self._action is None else None

    def _state(self):
        return self._action

    def _set_state(self, action):
        self._action = action

    def wait(self, timeout=None):
        """The party's number, 0 … parties-1. Fails with BrokenBarrierError."""
        params = self._one if timeout is None else self._two + field("timeoutMs", ms(timeout))
        result = self._unbroken("barrier/wait", params)
        if result["runAction"]:
            ok = False
            try:
                if self._action is not None:
                    self._action()
                ok = True
            finally:
                self._request("barrier/actionDone", self._two + field("ok", ok))
        return result["index"]

    def reset(self):
        self._request("barrier/reset", self._one)

    def abort(self):
        self._request("barrier/abort", self._one)

    def _unbroken(self, method, params):
        try:
            return self._request(method, params)
        except PolyprocError as error:
            if error.name in ("BrokenBarrier", "TimedOut"):
                raise threading.BrokenBarrierError from error
            raise

    @property
    def parties(self):
        return self._request("barrier/status", self._one)["parties"]

    @property
    def n_waiting(self):
        return self._request("barrier/status", self._one)["waiting"]

    @property
    def broken(self):
        return self._request("barrier/status", self._one)["broken"]

    def __repr__(self):
        start = f"<{type(self).__module__}.{type(self).__qualname__} at {id(self):#x}: "
        try:
            status = self._request("barrier/status", self._one)
        except PolyprocError:
            return f"{start}unknown>"
        return start + ("broken>" if status["broken"] else f"waiters={status['waiting']}/{status['parties']}>")


for _class in (Lock, RLock, Semaphore, Event, Condition, Barrier):
    _shared.classes[_class._kind] = _class
__all__ = ["Lock", "RLock", "Semaphore", "BoundedSemaphore", "Condition", "Event", "Barrier"]
