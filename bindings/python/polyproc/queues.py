"""Queue, JoinableQueue, SimpleQueue."""

import copyreg
import sys
import traceback
from queue import Empty, Full
from types import GenericAlias

from . import _shared  # noqa: F401
from ._bypass.taken_ahead import TakenAhead
from ._errors import PolyprocError, UntrustedBlob
from ._pools.own_queues import QueueContext
from ._server import at_exit  # noqa: F401
from ._session.handlers import is_from_handler
from ._session.params import Params, field, waiting
from ._shared import SharedObject, in_cluster
from ._values.foreign import Foreign, first_item
from ._values.msgpack import array_head, pack_str
from ._values.payload import decode, encode, repacked

# A member `items` with one item.
_ITEMS = pack_str("items") + array_head(1)
# From here on `put` waits until the item is stored: a few of them fill a queue.
_LARGE_BYTES = 256 * 1024


class Queue(SharedObject):
    """
    First in, first out. `maxsize` 0: no limit on the number of items. Counts are exact, and an item is with the server
    when `put` returns: nothing is lost when this process ends.

    `name`: all programs on the same server that make a queue of this name share it. Default: a queue of its own.
    `cluster`: address of a cluster's Redis: all its hosts share the queue by its name, and its items are in Redis.
    """

    _kind = "queue"
    _everywhere = True
    _joinable = False
    _limited = None
    _closed = False
    _was_put = False
    # Items taken ahead. Only in a queue without a limit: in a limited one, producers wait for the space of each item.
    _ahead = None
    __class_getitem__ = classmethod(GenericAlias)

    def __init__(self, maxsize=0, *, ctx=None, name=None, cluster=None):
        if maxsize <= 0:
            maxsize = 0
        self._limited = maxsize > 0 or name is not None
        self._create(
            ctx,
            "queue/create",
            lambda handle: {"queue": handle, "maxSize": maxsize, "joinable": self._joinable, **in_cluster(cluster)},
            name,
        )

    def _begin(self):
        self._params = Params(field("queue", self._handle))
        if self._limited is False:
            self._ahead = TakenAhead(self)

    def _state(self):
        return self._limited

    def _set_state(self, limited):
        self._limited = limited
        if limited is False:
            self._ahead = TakenAhead(self)

    def put(self, obj, block=True, timeout=None):
        """
        Stores the item. It is with the server when this returns.

        `block`: whether to wait while the queue is full; default True.
        `timeout`: seconds to wait; None (the default) waits without a limit. Ignored if `block` is false.

        Raises queue.Full if there was no room in time, and ValueError after `close`. An item that cannot be pickled is
        printed as an error and dropped, as in multiprocessing.
        """
        if self._closed:
            raise ValueError(f"Queue {self!r} is closed")
        self._was_put = True
        try:
            item = encode(self._session, obj)
        except PolyprocError:
            raise
        except Exception as error:
            if is_from_handler(error):
                raise
            # As multiprocessing does it, which pickles in a thread: the program goes on without the item.
            self._on_queue_feeder_error(error, obj)
            return
        if self._limited is False and block and timeout is None and len(item) <= _LARGE_BYTES:
            # The put need not wait for room, so its only possible answer is that the item was stored.
            self._session.cast("queue/put", self._params.holding(_ITEMS, item), self._failed, True)
            if self._failure is not None:
                raise self._failure
            return
        try:
            self._request("queue/put", self._params.holding(_ITEMS, item, more=waiting(block, timeout)))
        except PolyprocError as error:
            if error.name == "Full":
                raise Full from None
            raise

    def get(self, block=True, timeout=None):
        """
        Takes the item that was stored first.

        `block`: whether to wait while the queue is empty; default True.
        `timeout`: seconds to wait; None (the default) waits without a limit. Ignored if `block` is false.

        Raises queue.Empty if no item came in time, and ValueError after `close`.
        """
        if self._closed:
            raise ValueError(f"Queue {self!r} is closed")
        ahead = self._ahead
        turn = None
        if ahead is not None:
            item = ahead.pop()
            if item is not None:
                return decode(self._session, item)
            turn = ahead.ask()
        try:
            if turn is not None:
                item = ahead.borrow(
                    turn,
                    self,
                    lambda more: self._request("queue/get", self._params(*more, *waiting(block, timeout)))["items"],
                )
            else:
                item = self._request("queue/get", self._params(*waiting(block, timeout)), self._undo)
                item = first_item(item, self._handle)
                if ahead is not None:
                    ahead.came()
        except PolyprocError as error:
            if error.name == "Empty":
                raise Empty from None
            raise
        return self._opened(item)

    def _opened(self, item):
        if type(item) is Foreign:
            try:
                item.check()
            except UntrustedBlob:
                # Others may open it.
                self._undo({"items": [item.payload], "origins": [item.origin]})
                raise
        return decode(self._session, item)

    def _give_back(self):
        """Items that were taken ahead count as the queue's."""
        if self._ahead is not None:
            self._ahead.give_back()

    def _undo(self, result):
        items, origins = result["items"], result.get("origins")
        more = () if origins is None else (field("origins", origins),)
        params = self._params.holding(pack_str("items"), array_head(len(items)), *map(repacked, items), more=more)
        self._session.send("queue/putBack", params)

    def put_nowait(self, obj):
        """Stores the item without waiting. Raises queue.Full if there is no room."""
        return self.put(obj, False)

    def get_nowait(self):
        """Takes an item without waiting. Raises queue.Empty if there is none."""
        return self.get(False)

    def qsize(self):
        """Returns the number of items. It is exact at the moment of the answer."""
        self._give_back()
        return self._request("queue/status", self._params.alone)["size"]

    def empty(self):
        """Returns True if the queue has no items at the moment of the answer."""
        # multiprocessing's own rule: a queue that was closed before anything was put says that it is empty.
        if self._closed and self._was_put:
            raise OSError(f"Queue {self!r} is closed")
        self._give_back()
        return self._request("queue/status", self._params.alone)["empty"]

    def full(self):
        """Returns True if the queue has `maxsize` items at the moment of the answer."""
        self._give_back()
        return self._request("queue/status", self._params.alone)["full"]

    def close(self):
        """This object will put and get no more."""
        self._give_back()
        self._closed = True

    def join_thread(self):
        """
        Nothing to wait for: an item is with the server when `put` returns. Only after `close`, as in multiprocessing.
        """
        assert self._closed, f"Queue {self!r} not closed"

    def cancel_join_thread(self):
        """Nothing to cancel: see `join_thread`."""

    @staticmethod
    def _on_queue_feeder_error(e, obj):
        """What becomes of an item that cannot be sent; a subclass may do something else."""
        traceback.print_exception(type(e), e, e.__traceback__, file=sys.stderr)

    def __repr__(self):
        return f"<{type(self).__module__}.{type(self).__qualname__} object at {id(self):#x}>"


class JoinableQueue(Queue):
    """A queue whose items are counted until `task_done` was called for each."""

    _everywhere = True
    _joinable = True

    def task_done(self):
        """
        Tells that an item which this process took was dealt with. Raises ValueError if it is called more often than
        items were put.
        """
        try:
            self._request("queue/taskDone", self._params.alone)
        except PolyprocError as error:
            if error.name == "BadState":
                raise ValueError("task_done() called too many times") from error
            raise

    def join(self):
        """Waits until every item put was dealt with."""
        self._request("queue/join", self._params.alone)


class SimpleQueue(SharedObject):
    """`put`, `get`, `empty`."""

    _kind = "queue"
    _everywhere = True
    _closed = False
    __class_getitem__ = classmethod(GenericAlias)

    # The ends of the pipe, if it is a queue of a subclass of Pool.
    _reader = _writer = None

    def __init__(self, *, ctx=None, name=None):
        if isinstance(ctx, QueueContext):
            self._reader, self._writer = ctx.Pipe()
            return
        self._create(ctx, "queue/create", lambda handle: {"queue": handle, "maxSize": 0, "joinable": False}, name)

    def _begin(self):
        self._params = Params(field("queue", self._handle))

    def _open(self):
        if self._closed:
            raise OSError("the queue is closed")

    def empty(self):
        """Returns True if the queue has no items at the moment of the answer."""
        self._open()
        if self._reader is not None:
            return not self._reader.poll()
        return self._request("queue/status", self._params.alone)["empty"]

    def put(self, obj):
        """Stores the item, without a limit on their number. Raises OSError after `close`."""
        self._open()
        if self._writer is not None:
            self._writer.send(obj)
            return
        self._session.cast("queue/put", self._params.holding(_ITEMS, encode(self._session, obj)), self._failed)
        if self._failure is not None:
            raise self._failure

    def get(self):
        """Waits for an item and takes it. Raises OSError after `close`."""
        self._open()
        if self._reader is not None:
            return self._reader.recv()
        result = self._request("queue/get", self._params.alone, self._undo)
        return self._opened(first_item(result, self._handle))

    def __reduce__(self):
        if self._writer is None:
            return super().__reduce__()
        state = getattr(self, "__getstate__", lambda: vars(self))
        return copyreg.__newobj__, (type(self),), state()

    _undo = Queue._undo
    _opened = Queue._opened

    def close(self):
        """Makes this object unusable. The queue lives on as long as other objects refer to it."""
        self._closed = True


# A queue that came as a bare handle has all methods.
_shared.classes["queue"] = JoinableQueue
__all__ = ["Queue", "JoinableQueue", "SimpleQueue"]
