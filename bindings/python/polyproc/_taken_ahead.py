"""Items of a queue that were taken before they were asked for: a consumer that takes many quickly does not ask the server for each."""

import threading
import time
from _thread import allocate_lock, get_ident
from collections import deque

from ._errors import PolyprocError
from ._msgpack import pack, pack_str
from ._shared import field

# So many in a row, one by one, show how fast a consumer is.
_TRIAL = 32
# What it consumes in this time, in seconds, is taken at once.
_BATCH_SECONDS = 0.005
_MAX_BATCH = 256
# Items that are large are not worth it.
_MAX_BYTES = 256 * 1024
# What it has not come to after this time, in seconds, goes back to the queue.
_HOLD_SECONDS = 0.02

_MAX = pack_str("max")


class TakenAhead:
    """What one queue object has taken ahead, for the one thread that takes from it. Others make it give back."""

    def __init__(self, queue):
        self._session, self._two = queue._session, queue._two
        self._items = deque()
        # Held while items on their way back are being written: who asks for more comes after them.
        self._lock = allocate_lock()
        self._thread = None
        self._restart()

    def _restart(self):
        # How many to ask for; how many came since when, for this thread.
        self._size, self._count, self._since = 1, 0, time.monotonic()

    def pop(self):
        """The next item, or None."""
        if self._thread != get_ident():
            self.give_back()
            self._thread = get_ident()
            self._restart()
        elif self._items and self._session.error is None:
            try:
                return self._items.popleft()
            except IndexError:
                # It just went back.
                pass
        return None

    def ask(self):
        """How many items to ask for: packed, for `queue/get`; None: one."""
        with self._lock:
            # What is on its way back is first.
            pass
        if self._count < (_TRIAL if self._size == 1 else 1):
            return None
        now = time.monotonic()
        each = max((now - self._since) / self._count, 1e-6)
        self._size = max(1, min(_MAX_BATCH, int(_BATCH_SECONDS / each)))
        self._count, self._since = 0, now
        return _MAX + pack(self._size) if self._size > 1 else None

    def came(self, queue, items):
        """What the server gave: the first is the one that was asked for."""
        self._count += len(items)
        if self._size > 1:
            # How long it took to come says nothing of how fast it is consumed.
            self._since = time.monotonic()
        if len(items) == 1:
            return
        if sum(len(item) if type(item) is bytes else len(item[0]) for item in items) > _MAX_BYTES:
            self._restart()
        self._items.extend(items[1:])
        _watch(self, queue)
        if self._thread != get_ident():
            self.give_back()

    def give_back(self):
        """What was not asked for goes back to the front of the queue, as if it had never been taken."""
        if not self._items:
            return
        with self._lock:
            items = []
            while self._items:
                try:
                    items.append(self._items.popleft())
                except IndexError:
                    break
            self._restart()
            if items and self._session.error is None:
                try:
                    self._session.send("queue/putBack", self._two + field("items", items))
                except PolyprocError:
                    # The server has gone, and the queue with it.
                    pass


# Those that hold items; as long as they do, their queues live.
_held = {}
_watcher = None
_ready = threading.Event()


def _watch(ahead, queue):
    """Sees to it that it does not hold items for long."""
    global _watcher
    _held[ahead] = queue
    ahead._session.before_end = give_back_all
    if _watcher is None or not _watcher.is_alive():
        _watcher = threading.Thread(target=_look, name="polyproc-queues", daemon=True)
        # See IdleReader.
        getattr(threading, "_dangling", set()).discard(_watcher)
        _watcher.start()
    _ready.set()


def _look():
    while True:
        _ready.wait()
        time.sleep(_HOLD_SECONDS)
        late = time.monotonic() - _HOLD_SECONDS
        for ahead in list(_held):
            # First, for what comes meanwhile puts it in again.
            queue = _held.pop(ahead, None)
            if ahead._since < late:
                ahead.give_back()
            elif ahead._items:
                _held[ahead] = queue
        if not _held:
            _ready.clear()
            # What came just then is not forgotten.
            if _held:
                _ready.set()


def give_back_all():
    for ahead in list(_held):
        ahead.give_back()
