"""Borrowed items of a queue: a consumer that takes many quickly does not ask the server for each."""

import threading
import time
from _thread import allocate_lock, get_ident
from collections import deque

from .._errors import PolyprocError
from .._session.answer import wake
from .._session.params import field
from .._values.msgpack import pack
from .tally import tally_of

# Items that a consumer takes one by one before its speed is known.
_TRIAL = 32
# A batch has the items that a consumer takes in this time, in seconds.
_BATCH_SECONDS = 0.005
_MAX_BATCH = 256
# After a batch with more bytes than this, items are taken one by one again.
_MAX_BYTES = 256 * 1024
# Items that the consumer has not reached after this time, in seconds, go back to the queue.
_HOLD_SECONDS = 0.02


class TakenAhead:
    """
    The items that one queue object has borrowed, for the one thread that takes from it. If another thread takes, they
    go back first.
    """

    def __init__(self, queue):
        self._session = queue._session
        # Held while items on their way back are being written: a request for more items is sent after them. A signal
        # handler of the same thread may enter.
        self._lock = threading.RLock()
        self._of_thread = threading.local()
        self._turn = _Turn(self._session, self._lock, None)

    def pop(self):
        """The next item, or None."""
        turn = self._turn
        if turn.thread != get_ident():
            turn = self._take_over(turn)
        items = turn.items
        if items and self._session.error is None:
            try:
                # Counted first: if this process dies between the two steps, the item is lost, and no consumer gets it
                # twice.
                turn.counter[0], item = items.popleft()
            except IndexError:
                # A signal handler has just sent it back.
                return None
            return item
        return None

    def _take_over(self, other):
        other.give_back()
        mine = self._mine()
        mine.restart()
        self._turn = mine
        return mine

    def _mine(self):
        try:
            return self._of_thread.turn
        except AttributeError:
            turn = self._of_thread.turn = _Turn(self._session, self._lock, get_ident())
            return turn

    def ask(self):
        """The object that borrows the next batch. None: take a single item."""
        turn = self._mine()
        return turn if turn.ask() else None

    def came(self):
        """A single item was taken."""
        self._mine().count += 1

    def borrow(self, turn, queue, request):
        """Borrows a batch: `request(members)` returns its items. Returns the first."""
        item = turn.borrow(queue, request)
        if self._turn is not turn:
            turn.give_back()
        return item

    def give_back(self):
        """Items that were not handed out go back to the front of the queue, in their order."""
        self._turn.give_back()


class _Turn:
    """The loans of one thread. The server reads from the counter how many of the items were handed out."""

    def __init__(self, session, lock, thread):
        self._session, self._lock, self.thread = session, lock, thread
        # Each item with the value that the counter has once the item was handed out.
        self.items = deque()
        self.counter = None
        self._tally = self._slot = None
        # The counter's value when all items of the batch were handed out.
        self._end = 0
        # The server has a batch on loan that was not settled.
        self.lent = False
        # A request is pending. A signal handler that interrupts it takes a single item.
        self.asking = False
        self.restart()

    def restart(self):
        # The size of the next batch; the items that came since `since`.
        self.size, self.count, self.since = 1, 0, time.monotonic()

    def ask(self):
        """Whether to borrow."""
        if self._session.error is not None:
            return False
        with self._lock:
            # Items on their way back are sent first.
            pass
        if self.asking or self.count < (_TRIAL if self.size == 1 else 1):
            return False
        now = time.monotonic()
        each = max((now - self.since) / self.count, 1e-6)
        self.size = max(1, min(_MAX_BATCH, int(_BATCH_SECONDS / each)))
        self.count, self.since = 0, now
        if self.size > 1 and self.counter is None and not self._take_counter():
            self.size = 1
        if self.size == 1:
            self.give_back()
        return self.size > 1

    def borrow(self, queue, request):
        self.asking = True
        try:
            # The request settles the loan before it.
            self.lent = False
            items = request((field("max", self.size), field("counter", self._told(self.counter[0]))))
            self._came(queue, items)
        except PolyprocError:
            # No items came.
            raise
        except BaseException:
            # Some items may have come.
            self.lent = False
            self.items.clear()
            self._settle(self.counter[0])
            raise
        finally:
            self.asking = False
        return items[0]

    def _take_counter(self):
        """
        Takes a counter of the tally. False if there is none: without it nothing is borrowed, because a kill of this
        process would lose the items that it has not reached.
        """
        tally = tally_of(self._session)
        taken = tally and tally.take()
        if not taken:
            return False
        self._tally, (self._slot, self.counter) = tally, taken
        return True

    def _came(self, queue, items):
        self.count += len(items)
        before = self.counter[0]
        self.counter[0] = before + 1
        self._end = before + len(items)
        # How long it took to come says nothing of how fast it is consumed.
        self.since = time.monotonic()
        large = sum(len(item[0]) if type(item) is list else len(item) for item in items) > _MAX_BYTES
        if large:
            self.restart()
        self.items.extend(zip(range(before + 2, self._end + 1), items[1:]))
        self.lent = True
        if self.items:
            _watch(self, queue)
        elif large:
            # The server need not keep it any longer.
            self.give_back()

    def give_back(self):
        # A forked child has no part in it.
        if not self.lent or self._session.error is not None:
            return
        with self._lock:
            if not self.lent:
                return
            # A signal handler that runs from here on finds nothing to give back.
            self.lent = False
            handed, items = self._end, self.items
            # From its end: its thread may be taking from the front.
            while items:
                try:
                    handed = items.pop()[0] - 1
                except IndexError:
                    break
            if handed != self._end:
                self.restart()
            self._settle(handed)

    def _settle(self, handed):
        try:
            self._session.send("queue/settle", pack({"counters": [self._told(handed)]}))
        except PolyprocError:
            # The server has ended, and the queue with it.
            pass

    def _told(self, count):
        return {"slot": self._slot, "count": count}

    def __del__(self):
        if self._tally is not None:
            self._tally.give_back(self._slot)


# The objects that hold items. While they do, their queues stay alive.
_held = {}
_watcher = None
# Released when there is something to watch.
_bell = allocate_lock()
_bell.acquire()


def _watch(turn, queue):
    """Ends loans whose items are not taken for a while."""
    global _watcher
    _held[turn] = queue
    turn._session.before_end = give_back_all
    if _watcher is None or not _watcher.is_alive():
        _watcher = threading.Thread(target=_look, name="polyproc-queues", daemon=True)
        # See IdleReader.
        getattr(threading, "_dangling", set()).discard(_watcher)
        _watcher.start()
    wake(_bell)


def _look():
    while True:
        _bell.acquire()
        while _held:
            time.sleep(_HOLD_SECONDS)
            late = time.monotonic() - _HOLD_SECONDS
            for turn in list(_held):
                # Taken out first: items that come during the call put it in again.
                queue = _held.pop(turn, None)
                if turn.since < late:
                    turn.give_back()
                elif turn.lent:
                    _held[turn] = queue


def give_back_all():
    for turn in list(_held):
        turn.give_back()
