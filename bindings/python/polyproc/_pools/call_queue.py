"""The calls of `apply` that have not ended, counted against the pool's limit."""

import queue
from _thread import allocate_lock

from .._session.answer import wake
from .._session.deadline import deadline_in


class CallQueue:
    """`limit`: most calls at a time."""

    def __init__(self, session, limit):
        self._session = session
        self._limit = limit
        # A dict: threads that submit add to it, and the thread that reads takes away, each in one step.
        self._pending = {}
        self._bells = []

    def add(self, result):
        """A call begins. queue.Full if there are as many as may be."""
        if not self._has_room():
            self._session.drain()
        if not self._has_room():
            raise queue.Full(
                f"the pool has {len(self._pending)} calls, one for each worker and max_queue waiting: "
                "wait_for_room() before the next"
            )
        self._pending[result] = True
        result.on_end = self.remove

    def remove(self, result):
        """A call has ended. Called by the thread that reads."""
        self._pending.pop(result, None)
        for bell in list(self._bells):
            wake(bell)

    def wait_for_room(self, timeout):
        """Whether there is room now."""
        if self._has_room():
            return True
        bell = allocate_lock()
        bell.acquire()
        self._bells.append(bell)
        try:
            deadline = deadline_in(timeout)
            self._session.wait_until(self._has_room, bell, deadline)
        finally:
            self._bells.remove(bell)
        return self._has_room()

    def _has_room(self):
        return len(self._pending) < self._limit
