"""The claims pipe: host and server read it, and exactly one of them gets the byte of each task."""

import os
import stat

CLAIMS_FD = 4
# The server gives at most this many tasks beyond the last one that the host acknowledged. So of two tasks with the same
# byte, the older one was taken back.
MAX_UNACKNOWLEDGED = 128


def open_claims():
    """None where the server has no such pipe: then the host runs all that it is given."""
    return next_claim if is_inherited_pipe(CLAIMS_FD) else None


def is_inherited_pipe(fd):
    """Whether the server has such a pipe for this host, which its children are not to inherit."""
    try:
        if not stat.S_ISFIFO(os.fstat(fd).st_mode):
            return False
        os.set_inheritable(fd, False)
    except OSError:
        return False
    return True


def next_claim():
    """The low byte of the next task's `seq`, or None when the server has taken back everything that was offered."""
    try:
        claim = os.read(CLAIMS_FD, 1)
    except BlockingIOError:
        return None
    return claim[0] if claim else None


class TaskList:
    """
    What the server has given this host and it has not begun. With claims, tasks may be in the list that the server has
    taken back.
    """

    def __init__(self, claims):
        self._claims = claims
        self._tasks = []
        # A claim whose task has not arrived yet.
        self._claimed = None

    def add(self, tasks):
        self._tasks.extend(tasks)

    def __len__(self):
        return len(self._tasks)

    def next(self):
        """Claims the next task, which the server can then no longer take back. None if there is no task to claim."""
        tasks = self._tasks
        if not tasks:
            return None
        if self._claims is None:
            return tasks.pop(0)
        claimed = self._claimed if self._claimed is not None else self._claims()
        self._claimed = None
        if claimed is None:
            tasks.clear()
            return None
        newest = tasks[-1]["seq"]
        # Nearly always it is the first.
        seq = tasks[0]["seq"]
        if seq & 0xFF == claimed and newest - seq < MAX_UNACKNOWLEDGED:
            return tasks.pop(0)
        for at in range(len(tasks) - 1, -1, -1):
            seq = tasks[at]["seq"]
            if newest - seq >= MAX_UNACKNOWLEDGED:
                break
            if seq & 0xFF == claimed:
                task = tasks[at]
                del tasks[: at + 1]
                return task
        # What is here was taken back, and the claimed task is still on its way.
        tasks.clear()
        self._claimed = claimed
        return None
