"""The progress of a call, reported to its `on_progress`."""

from .record import Record

# In an outcome that was counted.
_TOLD = "told"


class Progress(Record):
    """
    What a worker has just reported, and how far the call is. `done`: items that have ended, `failed` of them with an
    exception. `total`: all items; None while the inputs are still being read. `count` items from `index` on are new;
    they ran for `seconds` (0 if they never ran) in the worker `pid` (0 if in none).
    """

    __slots__ = ("done", "failed", "total", "index", "count", "seconds", "pid")
    # The name that users import: pickles have it.
    __module__ = "polyproc.pool"


class ProgressCount:
    """
    Counts what the thread that reads was told. The listener is called in the thread of the callbacks. `total()`: all
    items, None while it is not known.
    """

    def __init__(self, session, listener, total):
        self._session = session
        self._listener = listener
        self._total = total
        self._done = self._failed = 0

    def add(self, index, count, entry, error):
        entry = {} if entry is None else entry
        # Once, also when a signal handler has this handed out again in the middle.
        me = object()
        if entry.setdefault(_TOLD, me) is not me:
            return
        failed = error is not None or entry.get("error") is not None
        self._session.later(lambda: self._tell(index, count, failed, entry.get("ms", 0) / 1000, entry.get("pid", 0)))

    def _tell(self, index, count, failed, seconds, pid):
        self._done += count
        if failed:
            self._failed += count
        self._listener(Progress(self._done, self._failed, self._total(), index, count, seconds, pid))
