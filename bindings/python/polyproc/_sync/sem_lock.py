"""SemLock: what a program makes its own locks and semaphores of."""

from .._errors import PolyprocError
from . import MODULE
from .acquirable import Acquirable

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
