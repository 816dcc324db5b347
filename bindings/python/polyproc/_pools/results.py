"""Results of calls and maps that are not done yet."""

import threading
from _thread import allocate_lock
from types import GenericAlias

from .._errors import TimeoutError
from .._session.answer import wake
from .._session.deadline import deadline_in
from .._session.handlers import is_from_handler
from .._values.failure import exception_from
from .._values.foreign import Foreign
from .._values.payload import decode
from .call_options import NONE
from .progress import ProgressCount


class ApplyResult:
    """The result of one call."""

    # The name that users import: `repr` shows it.
    __module__ = "polyproc.pool"
    __class_getitem__ = classmethod(GenericAlias)

    def __init__(self, pool, callback, error_callback):
        self._session, self._queues = pool._session, pool._queues
        # Keeps the pool alive while a result of it is held.
        self._pool = pool
        self._callback = callback
        self._error_callback = error_callback
        self._has_callback = callback is not None or error_callback is not None
        self._ready = False
        # By the number of the first item: how many items, and what came of them.
        self._entries = {}
        self._error = None
        self._value = None
        self._opened = False
        # A signal handler of the thread that opens the result may ask for it, too.
        self._open_lock = threading.RLock()
        self._bells = []
        # Called with this result when the call has ended.
        self.on_end = None

    def ready(self):
        """Whether the result, or the failure, is there."""
        if not self._ready:
            self._session.drain()
        return self._ready

    def successful(self):
        """Returns True if the call returned, False if it raised. Raises ValueError if it is not done yet."""
        if not self.ready():
            raise ValueError(f"{self!r} not ready")
        self._open()
        return self._error is None

    def wait(self, timeout=None):
        """Waits for the result, up to `timeout` (seconds)."""
        if self._ready:
            return
        bell = allocate_lock()
        bell.acquire()
        self._bells.append(bell)
        try:
            if self._ready:
                return
            if self._has_callback:
                # The thread of the callbacks says when.
                bell.acquire(True, -1 if timeout is None else max(0.0, timeout))
            else:
                self._session.wait_until(lambda: self._ready, bell, deadline_in(timeout))
        finally:
            self._bells.remove(bell)

    def get(self, timeout=None):
        """The result, or raises the call's exception. TimeoutError when `timeout` (seconds) has passed."""
        self.wait(timeout)
        if not self._ready:
            raise TimeoutError
        self._open()
        if self._error is not None:
            raise self._error
        return self._value

    # For the job.

    def outcome(self, index, count, entry, error):
        """Called by the thread that reads, with the outcome of the call."""
        self._entries[index] = (count, entry, error)
        self._finish()

    def lost(self, error):
        """Called by the thread that reads: no outcome arrives, for this reason."""
        if not self._ready:
            self.outcome(0, 1, None, error)

    def _finish(self):
        self._pool = None
        if self.on_end is not None:
            self.on_end(self)
        if self._has_callback:
            # Ready once it has been called, as in multiprocessing.
            self._session.later(self._call_back)
        else:
            self._set_ready()

    def _set_ready(self):
        self._ready = True
        for bell in list(self._bells):
            wake(bell)

    def _call_back(self):
        if self._ready:
            return
        self._open()
        try:
            if self._error is None:
                if self._callback is not None:
                    self._callback(self._value)
            elif self._error_callback is not None:
                self._error_callback(self._error)
        finally:
            self._callback = self._error_callback = None
            self._set_ready()

    def _open(self):
        with self._open_lock:
            if self._opened:
                return
            try:
                self._read()
            except Exception as error:
                if is_from_handler(error):
                    # The next call of `get` opens it again.
                    raise
                self._error = error
            self._opened = True
            self._entries = {}

    def _read(self):
        for _, entry, error in self._entries.values():
            self._value = read_values(self._session, entry, error, self._queues)[0]


class MapResult(ApplyResult):
    """The results of a map."""

    __module__ = "polyproc.pool"

    def __init__(self, pool, length, callback, error_callback, options=NONE):
        super().__init__(pool, callback, error_callback)
        self._length = length
        # With `fail_fast`: ends the job. Set by the pool.
        self.stop = None
        self._fail_fast = options.fail_fast
        self._progress = None
        if options.on_progress is not None:
            self._progress = ProgressCount(self._session, options.on_progress, lambda: length)
            # The last report comes before the results.
            self._has_callback = True
        # All items before this one have come, if not more.
        self._upto = 0
        # The first failure has ended it.
        self._stopped = False
        if length == 0:
            self._finish()

    def outcome(self, index, count, entry, error):
        """Called by the thread that reads, with the outcome of `count` items from `index` on."""
        entries = self._entries
        if self._progress is not None:
            self._progress.add(index, count, entry, error)
        if self._stopped:
            return
        entries.setdefault(index, (count, entry, error))
        if self._fail_fast and (error is not None or entry.get("error") is not None):
            self._stopped = True
            self._finish()
            self._session.later(lambda: self.stop and self.stop())
            return
        upto = self._upto
        while upto in entries:
            upto += entries[upto][0]
        self._upto = upto
        if upto >= self._length and not self._ready:
            self._finish()

    def lost(self, error):
        """Called by the thread that reads: no more outcomes arrive, for this reason."""
        if not self._ready and not self._stopped:
            self._entries[self._length] = (0, None, error)
            self._finish()

    def _read(self):
        values = []
        for _, (_, entry, error) in sorted(self._entries.items()):
            values.extend(read_values(self._session, entry, error, self._queues))
        self._value = values


AsyncResult = ApplyResult


def read_values(session, entry, error, queues=None, kinds=Exception):
    """
    The values of neighbouring items. `queues`: the pool's own. Raises their failure; `kinds`: see `exception_from`.
    """
    if error is not None:
        raise error
    if entry.get("error") is not None:
        raise exception_from(entry["error"], entry.get("origin"), kinds)
    values, origin = entry["values"], entry.get("origin")
    if origin is not None:
        values = Foreign(values, origin, "a result of another client's pool")
    if queues is not None:
        return queues.opening(lambda: decode(session, values))
    return decode(session, values)
