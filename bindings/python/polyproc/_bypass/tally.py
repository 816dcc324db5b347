"""
Counters in memory that the server reads when this process has died. They say how many of the borrowed items the program
was handed, without a message.
"""

import os
import stat
import weakref

from .._errors import PolyprocError
from .._session.params import NO_PARAMS

_HEAD_BYTES = 32

_tallies = weakref.WeakKeyDictionary()
_UNASKED = object()


def tally_of(session):
    """The session's tally. None if it has none, or if this process cannot open the server's memory."""
    tally = _tallies.get(session, _UNASKED)
    if tally is _UNASKED:
        # Two threads that ask at once get counters of their own.
        tally = _tallies[session] = _ask(session)
    return tally


def _ask(session):
    if not session.facts["capabilities"]["counters"]:
        return None
    try:
        facts = session.wait(session.send("queue/tally", NO_PARAMS))["tally"]
    except PolyprocError:
        return None
    memory = facts and _open(facts["path"], facts["mark"].encode())
    return Tally(memory, facts["first"], facts["slots"]) if memory else None


def _open(path, mark):
    """
    Opens the server's file. None if the path leads elsewhere: for another user, in a container, or on another machine.
    """
    import mmap

    try:
        # What else may be there must neither be waited for nor be written to.
        fd = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        status = os.fstat(fd)
        if stat.S_ISREG(status.st_mode) and status.st_nlink == 0 and os.pread(fd, _HEAD_BYTES, 0) == mark:
            return mmap.mmap(fd, 0)
        return None
    except (OSError, ValueError):
        return None
    finally:
        os.close(fd)


class Tally:
    def __init__(self, memory, first, slots):
        self._counters = memoryview(memory)[_HEAD_BYTES:].cast("Q")
        self._free = list(range(first, first + slots))

    def take(self):
        """A counter that is not in use: its slot, and a view of it alone. None if all are in use."""
        try:
            slot = self._free.pop()
        except IndexError:
            return None
        return slot, self._counters[slot : slot + 1]

    def give_back(self, slot):
        self._free.append(slot)
