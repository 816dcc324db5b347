"""Lock, RLock, Semaphore, BoundedSemaphore, Event, Condition, Barrier. A lock is held by an asyncio task."""

import asyncio
import inspect
import threading

from .. import synchronize
from .._errors import PolyprocError
from .._session.deadline import deadline_in, seconds_left
from .._session.params import field, waiting
from .asking import ask_to_the_end, owner
from .face import Face, _forwarded


class _Acquirable(Face):
    async def acquire(self, block=True, timeout=None):
        """Whether it was acquired: False when `timeout` (seconds) passed, or it was not free and `block` is false."""
        shared, me = self.shared, owner()
        params = shared._params(me, *waiting(block, timeout))

        def undo(result):
            if result["acquired"]:
                shared._session.send(shared._area + "/release", shared._params(me))

        result = await self._ask(shared._area + "/acquire", params, undo)
        if result["acquired"]:
            shared.owner_died, shared.fence = result["ownerDied"], result.get("fence")
        return result["acquired"]

    owner_died = _forwarded("owner_died", "Whether the last `acquire` got it after a holder that had not released it.")
    fence = _forwarded(
        "fence", "In a cluster: the number of the last `acquire`, which rises with each holder. Otherwise None."
    )

    async def release(self):
        shared = self.shared
        try:
            await self._ask(shared._area + "/release", shared._params(owner()))
        except PolyprocError as error:
            if error.name in self._misuses:
                raise self._misused() from error
            raise

    # What the server says of a release that makes no sense, and what is raised then.
    _misuses = ("BadState",)

    @staticmethod
    def _misused():
        return ValueError("semaphore or lock released too many times")

    async def _status(self):
        return await self._ask(self.shared._area + "/status", self.shared._params.alone)

    async def __aenter__(self):
        return await self.acquire()

    async def __aexit__(self, *_):
        await self.release()


class Lock(_Acquirable):
    """A lock that any process may release. `name` shares it by name with all programs that use the same server."""

    _kind = synchronize.Lock

    def __init__(self, *, ctx=None, name=None, cluster=None):
        self.shared = synchronize.Lock(ctx=ctx, name=name, cluster=cluster)

    async def locked(self):
        """Returns True while any process holds the lock."""
        return (await self._status())["locked"]


class RLock(_Acquirable):
    """A lock that its task may take again."""

    _kind = synchronize.RLock
    _misuses = ("BadState", "NotOwner")

    @staticmethod
    def _misused():
        return AssertionError("attempt to release recursive lock not owned by task")

    def __init__(self, *, ctx=None, name=None):
        self.shared = synchronize.RLock(ctx=ctx, name=name)

    locked = Lock.locked


class Semaphore(_Acquirable):
    """`value` permits."""

    _kind = synchronize.Semaphore

    def __init__(self, value=1, *, ctx=None, name=None, cluster=None):
        self.shared = self._kind(value, ctx=ctx, name=name, cluster=cluster)

    async def get_value(self):
        """Returns the number of permits that can be acquired now."""
        return (await self._status())["value"]


class BoundedSemaphore(Semaphore):
    """A semaphore that cannot be released above its initial value: that is ValueError."""

    _kind = synchronize.BoundedSemaphore


class Event(Face):
    """A flag for which tasks and processes wait. It begins unset."""

    _kind = synchronize.Event

    def __init__(self, *, ctx=None, name=None):
        self.shared = synchronize.Event(ctx=ctx, name=name)

    async def is_set(self):
        """Returns True if the event is set."""
        return (await self._ask("event/status", self.shared._params.alone))["set"]

    async def set(self):
        """Sets the event. All waiters return; later calls of `wait` return at once."""
        await self._ask("event/set", self.shared._params.alone)

    async def clear(self):
        """Unsets the event: later calls of `wait` wait again."""
        await self._ask("event/clear", self.shared._params.alone)

    async def wait(self, timeout=None):
        """Whether the event is set: False when `timeout` (seconds) has passed."""
        shared = self.shared
        params = shared._params(*waiting(True, timeout))
        return (await self._ask("event/wait", params))["set"]


class Condition(Face):
    """A condition over `lock` (awaitable or not); default: an RLock of its own."""

    _kind = synchronize.Condition

    def __init__(self, lock=None, *, ctx=None, name=None):
        self.shared = synchronize.Condition(lock.shared if isinstance(lock, Face) else lock, ctx=ctx, name=name)

    async def _lock(self):
        shared = self.shared
        if shared._lock_object is None:
            # Another language sent it as a handle. The server is asked once for its lock.
            await asyncio.get_running_loop().run_in_executor(None, lambda: shared._lock)
        lock = shared._lock_object
        return (RLock if isinstance(lock, synchronize.RLock) else Lock).of(lock)

    async def acquire(self, block=True, timeout=None):
        """Acquires the condition's lock. See `Lock.acquire`."""
        return await (await self._lock()).acquire(block, timeout)

    async def release(self):
        """Releases the condition's lock."""
        await (await self._lock()).release()

    async def __aenter__(self):
        return await self.acquire()

    async def __aexit__(self, *_):
        await self.release()

    async def wait(self, timeout=None):
        """
        Releases the lock until it is notified, and acquires it again, also if the await is cancelled. Returns False if
        `timeout` (seconds) passed first.
        """
        shared = self.shared
        me = owner()
        params = shared._params(me, *waiting(True, timeout))
        with _HeldOrNot():
            result, cancelled = await ask_to_the_end(shared._session, "condition/wait", params)
        if cancelled is not None:
            if result["notified"]:
                # The notification was meant for a task that goes on: pass it to the next waiter.
                shared._session.cast("condition/notify", shared._params(me, field("n", 1)))
            raise cancelled
        return result["notified"]

    async def wait_for(self, predicate, timeout=None):
        """Waits until the predicate is true. Returns its last value."""
        deadline = deadline_in(timeout)
        while not (result := predicate()):
            left = seconds_left(deadline)
            if left == 0:
                break
            await self.wait(left)
        return result

    async def notify(self, n=1):
        """
        Wakes up to `n` waiters (default 1), the first first. Raises AssertionError if this task does not hold the lock.
        """
        with _HeldOrNot():
            await self._ask("condition/notify", self.shared._params(owner(), field("n", n)))

    async def notify_all(self):
        """Wakes all waiters. Raises AssertionError if this task does not hold the lock."""
        await self.notify(None)


class _HeldOrNot:
    def __enter__(self):
        pass

    def __exit__(self, kind, error, trace):
        if isinstance(error, PolyprocError) and error.name == "NotOwner":
            raise AssertionError("must acquire() condition before using wait() or notify()") from error


class Barrier(Face):
    """
    A meeting point for `parties`. `action`, a function or coroutine function, is called by one of them, each time that
    all are there.
    """

    _kind = synchronize.Barrier

    def __init__(self, parties, action=None, timeout=None, *, ctx=None, name=None):
        self.shared = synchronize.Barrier(parties, action, timeout, ctx=ctx, name=name)

    async def wait(self, timeout=None):
        """The party's number, 0 … parties-1. Fails with BrokenBarrierError. To cancel it breaks the barrier."""
        shared = self.shared
        params = shared._params(*waiting(True, timeout))

        def done(ok):
            shared._session.send("barrier/actionDone", shared._params(field("ok", ok)))

        try:
            result = await self._ask(
                "barrier/wait", params, lambda result: done(False) if result["runAction"] else None
            )
        except PolyprocError as error:
            if error.name in ("BrokenBarrier", "TimedOut"):
                raise threading.BrokenBarrierError from error
            raise
        if result["runAction"]:
            ok = False
            try:
                if shared._action is not None:
                    value = shared._action()
                    if inspect.isawaitable(value):
                        await value
                ok = True
            finally:
                done(ok)
        return result["index"]

    async def reset(self):
        """Makes the barrier usable again. Parties that wait get BrokenBarrierError."""
        await self._ask("barrier/reset", self.shared._params.alone)

    async def abort(self):
        """Breaks the barrier: parties that wait, and later ones, get BrokenBarrierError until it is reset."""
        await self._ask("barrier/abort", self.shared._params.alone)

    async def status(self):
        """`parties`, `waiting` and `broken`."""
        return await self._ask("barrier/status", self.shared._params.alone)


__all__ = ["Barrier", "BoundedSemaphore", "Condition", "Event", "Lock", "RLock", "Semaphore"]
