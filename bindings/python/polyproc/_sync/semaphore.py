"""Semaphore and BoundedSemaphore."""

from .._errors import PolyprocError
from .._shared import in_cluster
from . import MODULE
from .sem_lock import SemLock


class Semaphore(SemLock):
    """
    A semaphore: `acquire` takes a permit, `release` adds one.

    `value`: permits at the start; default 1. Raises ValueError if it is negative.
    `name`: all programs on the same server that make a semaphore of this name share it.
    `cluster`: address of a cluster's Redis: all its hosts share the semaphore by its name, as for `Lock`.
    """

    __module__ = MODULE
    _kind = _area = "semaphore"
    _everywhere = True
    _bounded = False

    def __init__(self, value=1, *, ctx=None, name=None, cluster=None):
        if value < 0:
            raise ValueError("semaphore initial value must be >= 0")
        self._create(
            ctx,
            "semaphore/create",
            lambda handle: {"semaphore": handle, "value": value, "bounded": self._bounded, **in_cluster(cluster)},
            name,
        )

    def get_value(self):
        """Returns the number of permits that can be acquired now."""
        return self._status()["value"]

    def __repr__(self):
        try:
            value = self.get_value()
        except PolyprocError:
            value = "unknown"
        return f"<{type(self).__name__}(value={value})>"


class BoundedSemaphore(Semaphore):
    """A semaphore that never has more than `value` permits: a `release` beyond that raises ValueError."""

    __module__ = MODULE
    _everywhere = True
    _bounded = True
