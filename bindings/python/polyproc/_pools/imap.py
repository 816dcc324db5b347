"""Results one by one, of inputs that are taken as results are read."""

import threading
import time
from _thread import allocate_lock
from collections import deque
from types import GenericAlias

from .._errors import TimeoutError
from .._session.answer import wake
from .pool_job import PoolJob
from .results import read_values

# How many chunks for each worker are submitted ahead of the reader.
_AHEAD = 32
# In an outcome whose values were taken.
_TAKEN = "taken"


class IMapIterator:
    """In the order of the inputs. A failure is raised when its turn comes."""

    # The name that users import: `repr` shows it.
    __module__ = "polyproc.pool"
    __class_getitem__ = classmethod(GenericAlias)

    def __init__(self, pool, func, iterable, chunksize=1):
        if chunksize < 1:
            raise ValueError(f"Chunksize must be 1+, not {chunksize:n}")
        self._session = pool._session
        self._inputs = iter(iterable)
        self._chunksize = chunksize
        self._ahead = _AHEAD * pool._processes
        self._job = PoolJob(pool, func, "map", self)
        self._submitted = 0
        self._chunks = 0
        self._exhausted = False
        # By the number of the first item; what was read and not yet handed out.
        self._came = {}
        self._items = deque()
        self._next_index = 0
        self._lost = None
        self._bells = []
        # Held while one of the threads that share this iterator takes a result; not while it waits for one.
        self._lock = threading.RLock()
        self._taking = False
        self._fill()

    def __iter__(self):
        return self

    def next(self, timeout=None):
        """The next result. TimeoutError when `timeout` (seconds) has passed."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            with self._lock:
                if not self._items:
                    self._fill()
                    if self._is_over():
                        raise StopIteration
                    if self._has_next():
                        self._take_one()
                if self._items:
                    kind, value = self._items.popleft()
                    # The other threads may find that there are more, or that this was the last.
                    self._ring()
                    break
            if not self._wait(deadline):
                raise TimeoutError
        if kind:
            raise value
        return value

    __next__ = next

    def _wait(self, deadline):
        bell = allocate_lock()
        bell.acquire()
        self._bells.append(bell)
        try:
            return self._session.wait_until(self._may_go_on, bell, deadline)
        finally:
            self._bells.remove(bell)

    def _may_go_on(self):
        """
        Whether there is something to do. A thread that reads the connection asks after each message, so only a message
        may make this true: a result that another thread is just taking counts, and so does it when the server has
        nothing to answer.
        """
        return self._taking or bool(self._items) or self._has_next() or self._next_index >= self._submitted

    def _is_over(self):
        return self._exhausted and self._next_index >= self._submitted and not self._items

    def _has_next(self):
        return self._next_index in self._came or self._lost is not None

    def _take_one(self):
        self._taking = True
        try:
            self._take()
        finally:
            self._taking = False

    def _take(self):
        entry = self._came.pop(self._next_index, None)
        if entry is None:
            self._items.append((True, self._lost))
            self._came.clear()
            self._exhausted, self._submitted = True, self._next_index
            return
        self._next_index += entry[0]
        self._read(entry)

    def _read(self, entry):
        """False: it was taken before. A signal handler may take it in the middle of handing it out."""
        count, outcome, error = entry
        me = object()
        if outcome is not None and outcome.setdefault(_TAKEN, me) is not me:
            return False
        try:
            self._items.extend((False, value) for value in read_values(self._session, outcome, error))
        except Exception as failure:
            self._items.extend([(True, failure)] * count)
        return True

    def _fill(self):
        """Submits inputs, as far ahead as is good."""
        ready = len(self._items) // self._chunksize + len(self._came)
        limit = max(self._ahead - ready, 1)
        while not self._exhausted and (self._submitted - self._next_index) // self._chunksize < limit:
            chunk = []
            try:
                for item in self._inputs:
                    chunk.append(item)
                    if len(chunk) == self._chunksize:
                        break
                else:
                    self._exhausted = True
            except Exception as error:
                # In the place of the chunk that it broke off.
                self._exhausted = True
                self._submitted += 1
                self.outcome(self._submitted - 1, 1, None, error)
                break
            if chunk:
                index, self._submitted = self._submitted, self._submitted + len(chunk)
                self._job.submit(index, chunk)
        self._job.flush()

    # For the job.

    def outcome(self, index, count, entry, error):
        if index >= self._next_index:
            self._came[index] = (count, entry, error)
            self._ring()

    def lost(self, error):
        self._lost = error
        self._ring()

    def _ring(self):
        for bell in list(self._bells):
            wake(bell)

    def __del__(self):
        job = getattr(self, "_job", None)
        if job is not None:
            try:
                job.cancel()
            except Exception:
                # The connection, or the interpreter, is ending.
                pass


class IMapUnorderedIterator(IMapIterator):
    """In the order in which the results come."""

    __module__ = "polyproc.pool"

    def _has_next(self):
        return bool(self._came) or self._lost is not None

    def _take(self):
        for index in list(self._came):
            entry = self._came.pop(index)
            if self._read(entry):
                self._next_index += entry[0]
        if not self._items and self._lost is not None:
            super()._take()

    def outcome(self, index, count, entry, error):
        self._came[index] = (count, entry, error)
        self._ring()
