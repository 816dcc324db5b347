"""Calls of functions in a manager's worker."""

from .._errors import ManagerLost, PolyprocError
from .._pools.results import ApplyResult
from .._values.failure import RemoteTraceback
from ..pool import Pool

# Milliseconds that a call may go on after its caller has died: killing the manager for it would take everybody's
# objects.
_GRACE_MS = 3_600_000
# The errors of the server that mean that the manager's pool, or its worker, has ended.
_LOST = frozenset(("WorkerLost", "Cancelled", "BadState", "UnknownHandle"))


class _Caller:
    """Calls functions in the worker of a manager."""

    def __init__(self, pool):
        self._pool = pool

    def __call__(self, function, args):
        result = ApplyResult(self._pool, None, None)
        self._pool._apply_job(function).submit_one(function, (args, {}), result)
        try:
            return result.get()
        except PolyprocError as error:
            # Those of the object's own methods come with their traceback. `reason`: this task is to stop, which has
            # nothing to do with the manager.
            if error.name not in _LOST or isinstance(error.__cause__, RemoteTraceback) or "reason" in error.data:
                raise
            raise ManagerLost(f"the manager's process has ended ({error}): its objects are gone", error.data) from error


# By session and pool: what this process calls managers with.
_callers = {}


def keep_caller(pool):
    """The manager of this pool is this process's own."""
    pool._state, pool._grace_ms = "MANAGER", _GRACE_MS
    _callers[pool._session, pool._handle] = _Caller(pool)


def forget_caller(pool):
    """The manager of this pool has ended."""
    _callers.pop((pool._session, pool._handle), None)


def caller_of(session, pool_handle):
    """The object that calls functions in the manager with this pool. It is made at the first call in this process."""
    caller = _callers.get((session, pool_handle))
    if caller is None:
        pool = Pool.__new__(Pool)
        pool._stand_for(session, pool_handle, 1, "Manager")
        pool._state, pool._grace_ms = "MANAGER", _GRACE_MS
        session.adopt(pool_handle, 0)
        session.listen()
        # Two threads may come here at once: one of the two is kept.
        caller = _callers.setdefault((session, pool_handle), _Caller(pool))
    return caller
