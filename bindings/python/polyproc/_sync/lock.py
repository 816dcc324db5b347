"""Lock and RLock."""

import threading

from .._errors import PolyprocError
from .._processes import current
from .._shared import in_cluster
from . import MODULE
from .sem_lock import LockBase


class Lock(LockBase):
    """
    A lock. Any thread of any process may release it. Not recursive: a thread that acquires it twice waits for itself.

    `name`: all programs on the same server that make a lock of this name share it. Default: a lock of its own.
    `cluster`: address of a cluster's Redis: all its hosts share the lock by its name, and only its holder may release
    it. After `acquire`, `fence` is a number that rises with each holder, and `owner_died` says whether an earlier
    holder did not release it.
    """

    __module__ = MODULE
    _kind = _area = "lock"
    _everywhere = True

    def __init__(self, *, ctx=None, name=None, cluster=None):
        self._create(ctx, "lock/create", lambda handle: {"lock": handle, **in_cluster(cluster)}, name)

    def locked(self):
        """Returns True while any process holds the lock."""
        return self._status()["locked"]

    def __repr__(self):
        return f"<{type(self).__name__}(owner={_holder(self)})>"


class RLock(LockBase):
    """
    A recursive lock. The thread that holds it may acquire it again, and releases it as often as it acquired it.

    `name`: all programs on the same server that make a recursive lock of this name share it. Default: a lock of its
    own.
    """

    __module__ = MODULE
    _kind = "rlock"
    _area = "lock"
    _everywhere = True

    def __init__(self, *, ctx=None, name=None):
        self._create(ctx, "lock/create", lambda handle: {"lock": handle}, name)

    def locked(self):
        """Returns True while any thread of any process holds the lock."""
        return self._status()["locked"]

    def __repr__(self):
        try:
            depth = self._status()["depth"]
        except PolyprocError:
            depth = "unknown"
        return f"<{type(self).__name__}({_holder(self)}, {depth})>"


def _holder(lock):
    """The holder, for `repr`: this process and thread by their names, another one by its session."""
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
