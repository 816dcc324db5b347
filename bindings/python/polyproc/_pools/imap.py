"""Results one by one. Inputs are read as results are taken."""

import threading
from _thread import allocate_lock
from collections import deque
from types import GenericAlias

from .._errors import TimeoutError
from .._session.answer import wake
from .._session.deadline import deadline_in
from .._session.handlers import is_from_handler
from .call_options import NONE
from .pool_job import PoolJob
from .progress import ProgressCount
from .results import read_values

# How many chunks for each worker are submitted ahead of the reader. `multiprocessing` submits all inputs at once, so
# programs expect no less. (Node's binding has 2, and 32 while tasks are short.)
_AHEAD = 32
# Key of an outcome's results, for all threads that read them at the same time.
_RESULTS = "results"


class IMapIterator:
    """Results in the order of the inputs. A failure is raised when its turn comes."""

    # The name that users import: `repr` shows it.
    __module__ = "polyproc.pool"
    __class_getitem__ = classmethod(GenericAlias)

    def __init__(self, pool, func, iterable, chunksize=1, options=NONE):
        if chunksize < 1:
            raise ValueError(f"Chunksize must be 1+, not {chunksize:n}")
        self._session, self._queues = pool._session, pool._queues
        self._inputs = iter(iterable)
        self._chunksize = chunksize
        self._ahead = _AHEAD * pool._processes
        self._submitted = 0
        self._chunk = []
        self._chunks = 0
        self._exhausted = False
        self._progress = None
        if options.on_progress is not None:
            self._progress = ProgressCount(
                self._session, options.on_progress, lambda: self._submitted if self._exhausted else None
            )
        # By the number of the first item: outcomes that were not opened.
        self._came = {}
        # Results of opened outcomes that were not handed out: one deque for each outcome.
        self._opened = deque()
        self._next_index = 0
        self._lost = None
        self._bells = []
        # Held while one of the threads that share this iterator takes a result; not while it waits for one.
        self._lock = threading.RLock()
        self._taking = False
        self._job = PoolJob(pool, func, "map", self, options)
        self._fill()

    def __iter__(self):
        return self

    def next(self, timeout=None):
        """The next result. TimeoutError when `timeout` (seconds) has passed."""
        deadline = deadline_in(timeout)
        while True:
            with self._lock:
                result = self._pop()
                if result is None:
                    self._fill()
                    if self._is_over():
                        raise StopIteration
                    if self._has_next():
                        self._take_one()
                    result = self._pop()
                if result is not None:
                    kind, value = result
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
        return self._taking or self._ready() > 0 or self._has_next() or self._next_index >= self._submitted

    def _is_over(self):
        return self._exhausted and self._next_index >= self._submitted and self._ready() == 0

    def _ready(self):
        """Results that only have to be handed out."""
        return sum(map(len, list(self._opened)))

    def _pop(self):
        """The next of these results; None if there is none."""
        while self._opened:
            try:
                results = self._opened[0]
                return results.popleft()
            except IndexError:
                try:
                    self._opened.remove(results)
                except ValueError:
                    # A signal handler has handed out the last result, and removed it.
                    pass
        return None

    def _has_next(self):
        return self._next_index in self._came or self._lost is not None

    def _take_one(self):
        self._taking = True
        try:
            self._take()
        finally:
            self._taking = False

    def _take(self):
        index = self._next_index
        entry = self._came.get(index)
        if entry is None:
            self._opened.append(deque([(True, self._lost)]))
            self._came.clear()
            self._exhausted, self._submitted = True, index
            return
        self._read(index, entry)
        if self._next_index == index:
            self._next_index = index + entry[0]

    def _read(self, index, entry):
        """
        Opens an outcome. That runs code of the values' classes, and a signal handler may raise in the middle of it:
        then the outcome is opened again for the next result that is asked for. A handler may also ask for a result
        itself: then both read one outcome, and each result is handed out once, since both get the deque that was there
        first. True: it was opened here.
        """
        count, outcome, error = entry
        try:
            results = deque((False, value) for value in read_values(self._session, outcome, error, self._queues))
        except Exception as failure:
            if is_from_handler(failure):
                raise
            results = deque([(True, failure)] * count)
        shared = results if outcome is None else outcome.setdefault(_RESULTS, results)
        self._opened.append(shared)
        self._came.pop(index, None)
        return shared is results

    def _fill(self):
        """Submits inputs, up to the look-ahead."""
        ready = self._ready() // self._chunksize + len(self._came)
        limit = max(self._ahead - ready, 1)
        while not self._exhausted and (self._submitted - self._next_index) // self._chunksize < limit:
            # Kept until it is submitted: a signal handler may raise before that.
            chunk = self._chunk
            try:
                for item in self._inputs:
                    chunk.append(item)
                    if len(chunk) == self._chunksize:
                        break
                else:
                    self._exhausted = True
            except Exception as error:
                if is_from_handler(error):
                    raise
                # In the place of the chunk that it broke off.
                self._exhausted = True
                self._submitted += 1
                self.outcome(self._submitted - 1, 1, None, error)
                break
            if chunk:
                index = self._submitted
                self._job.submit(index, chunk)
                self._submitted = max(self._submitted, index + len(chunk))
                self._chunk = []
        self._job.flush()

    # For the job.

    def outcome(self, index, count, entry, error):
        """Called by the thread that reads, with the outcome of `count` items from `index` on."""
        if self._progress is not None:
            self._progress.add(index, count, entry, error)
        if index >= self._next_index:
            self._came[index] = (count, entry, error)
            self._ring()

    def lost(self, error):
        """Called by the thread that reads: no more outcomes arrive, for this reason."""
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
    """Results in the order in which they arrive."""

    __module__ = "polyproc.pool"

    def _has_next(self):
        return bool(self._came) or self._lost is not None

    def _take(self):
        for index in list(self._came):
            entry = self._came.get(index)
            if entry is not None and self._read(index, entry):
                self._next_index += entry[0]
        if self._ready() == 0 and self._lost is not None:
            super()._take()

    def outcome(self, index, count, entry, error):
        """Called by the thread that reads, with the outcome of `count` items from `index` on."""
        if self._progress is not None:
            self._progress.add(index, count, entry, error)
        self._came[index] = (count, entry, error)
        self._ring()
