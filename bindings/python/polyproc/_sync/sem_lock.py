"""SemLock, of which programs make their own locks and semaphores."""

from .._errors import PolyprocError
from .._native import native
from . import MODULE
from .acquirable import Acquirable
from .words import ask_for_page, page_of

RECURSIVE_MUTEX = 0
SEMAPHORE = 1
# More permits than any semaphore has.
SEM_VALUE_MAX = 2**31 - 1


class SemLock(Acquirable):
    """
    The base of Lock, RLock and the semaphores. `SemLock(kind, value, maxvalue)` is one of them: a recursive lock for
    RECURSIVE_MUTEX; for SEMAPHORE a semaphore with `value` permits, of which there are at most `maxvalue`.
    """

    __module__ = MODULE

    def __init__(self, kind, value, maxvalue, *, ctx=None):
        if kind == RECURSIVE_MUTEX:
            self._kind, self._area = "rlock", "lock"
            self._create(ctx, "lock/create", lambda handle: {"lock": handle})
            return
        if kind != SEMAPHORE:
            raise ValueError(f"kind must be RECURSIVE_MUTEX or SEMAPHORE; got {kind!r}")
        if maxvalue not in (value, SEM_VALUE_MAX):
            raise ValueError(
                f"a semaphore begins with all of its permits, or has no limit (SEM_VALUE_MAX); got value {value} and "
                f"maxvalue {maxvalue}"
            )
        self._kind = self._area = "semaphore"
        bounded = maxvalue == value
        self._create(ctx, "semaphore/create", lambda handle: {"semaphore": handle, "value": value, "bounded": bounded})

    def _begin(self):
        if not self._area:
            # It came from another process.
            self._kind = self._handle.partition(":")[0]
            self._area = "semaphore" if self._kind == "semaphore" else "lock"
        super()._begin()

    def release(self):
        """
        Releases it. Any thread of any process may do so, except of a recursive lock: only the thread that holds it.

        Raises ValueError if it is not acquired, or if it has all of its permits already. Of a recursive lock raises
        AssertionError if this thread does not hold it.
        """
        recursive = self._kind == "rlock"
        if recursive:
            # Another thread of this process may hold it: the server knows.
            self._holds = 0
        try:
            super().release()
        except PolyprocError as error:
            if recursive and error.name in ("BadState", "NotOwner"):
                raise AssertionError("attempt to release recursive lock not owned by thread") from error
            if not recursive and error.name == "BadState":
                raise ValueError("semaphore or lock released too many times") from error
            raise


class _Words(SemLock):
    """A lock by messages, which learns its word from the answers."""

    # The cell of the word, until it is used.
    _cell = None
    _has_word = False

    def _request(self, method, packed, undo=None):
        if method != "lock/acquire":
            return super()._request(method, packed, undo)
        ask_for_page(self._session)
        result = super()._request(method, packed, undo)
        if not self._has_word:
            self._cell = result.get("cell")
        return result

    def _ask_acquire(self, *args, **kwargs):
        cell, self._cell = self._cell, None
        page = None if cell is None else page_of(self._session)
        if page is None:
            return SemLock.acquire(self, *args, **kwargs)
        # Before the answer: an exception of a signal handler at the answer would leave the lock acquired.
        self._use(page, cell, self._kind == "rlock")
        self._has_word = True
        return self.acquire(*args, **kwargs)

    _ask_release = SemLock.release


# The base of Lock and RLock. With native code, `acquire` and `release` need no message while the lock is free.
LockBase = SemLock if native is None else type("LockBase", (native.Word, _Words), {})
