"""Queue, JoinableQueue, SimpleQueue."""

from queue import Empty, Full
from types import GenericAlias

from .. import queues
from .._errors import PolyprocError
from .._session.params import waiting
from .._values.foreign import first_item
from .._values.payload import encode
from ..queues import _ITEMS, _LARGE_BYTES
from .asking import is_free
from .face import Face


class Queue(Face):
    """First in, first out. `maxsize` 0: no limit on the number of items."""

    _kind = queues.Queue
    __class_getitem__ = classmethod(GenericAlias)

    def __init__(self, maxsize=0, *, ctx=None, name=None, cluster=None):
        self.shared = self._kind(maxsize, ctx=ctx, name=name, cluster=cluster)

    async def put(self, obj, block=True, timeout=None):
        """
        Stores the item. It is with the server when this returns.

        `block`: whether to wait while the queue is full; default True.
        `timeout`: seconds to wait; None (the default) waits without a limit. Ignored if `block` is false.

        Raises queue.Full if there was no room in time, and ValueError after `close`. What cannot be pickled raises
        here.
        """
        shared = self._open()
        item = encode(shared._session, obj)
        if (
            shared._limited is False
            and block
            and timeout is None
            and len(item) <= _LARGE_BYTES
            and is_free(shared._session)
        ):
            # The put need not wait for room, so its only possible answer is that the item was stored.
            shared._session.cast("queue/put", shared._params.holding(_ITEMS, item), shared._failed)
            if shared._failure is not None:
                raise shared._failure
            return
        try:
            await self._ask("queue/put", shared._params.holding(_ITEMS, item, more=waiting(block, timeout)))
        except PolyprocError as error:
            if error.name == "Full":
                raise Full from None
            raise

    async def get(self, block=True, timeout=None):
        """
        Takes the item that was stored first.

        `block`: whether to wait while the queue is empty; default True.
        `timeout`: seconds to wait; None (the default) waits without a limit. Ignored if `block` is false.

        Raises queue.Empty if no item came in time, and ValueError after `close`.

        If it is cancelled it takes none: an item on its way goes back to the head of the queue.
        """
        shared = self._open()
        # Items that a thread has taken ahead come first.
        shared._give_back()
        try:
            result = await self._ask("queue/get", shared._params(*waiting(block, timeout)), shared._undo)
        except PolyprocError as error:
            if error.name == "Empty":
                raise Empty from None
            raise
        return shared._opened(first_item(result, shared._handle))

    async def put_nowait(self, obj):
        """Stores the item without waiting. Raises queue.Full if there is no room."""
        await self.put(obj, False)

    async def get_nowait(self):
        """Takes an item without waiting. Raises queue.Empty if there is none."""
        return await self.get(False)

    async def qsize(self):
        """Returns the number of items. It is exact at the moment of the answer."""
        self.shared._give_back()
        return (await self._ask("queue/status", self.shared._params.alone))["size"]

    async def empty(self):
        """Returns True if the queue has no items at the moment of the answer."""
        self.shared._give_back()
        return (await self._ask("queue/status", self.shared._params.alone))["empty"]

    async def full(self):
        """Returns True if the queue has `maxsize` items at the moment of the answer."""
        self.shared._give_back()
        return (await self._ask("queue/status", self.shared._params.alone))["full"]

    def close(self):
        """This object will put and get no more."""
        self.shared.close()

    def _open(self):
        if self.shared._closed:
            raise ValueError(f"Queue {self!r} is closed")
        return self.shared


class JoinableQueue(Queue):
    """A queue whose items are counted until `task_done` was called for each."""

    _kind = queues.JoinableQueue

    async def task_done(self):
        """
        Reports that an item which this process took is done. Raises ValueError if it is called more often than items
        were put.
        """
        try:
            await self._ask("queue/taskDone", self.shared._params.alone)
        except PolyprocError as error:
            if error.name == "BadState":
                raise ValueError("task_done() called too many times") from error
            raise

    async def join(self):
        """Waits until every item put was dealt with."""
        await self._ask("queue/join", self.shared._params.alone)


class SimpleQueue(Face):
    """`put`, `get`, `empty`."""

    _kind = queues.SimpleQueue
    __class_getitem__ = classmethod(GenericAlias)

    def __init__(self, *, ctx=None, name=None):
        self.shared = queues.SimpleQueue(ctx=ctx, name=name)

    async def put(self, obj):
        """Stores the item, without a limit on their number. Raises OSError after `close`."""
        shared = self.shared
        shared._open()
        await self._ask("queue/put", shared._params.holding(_ITEMS, encode(shared._session, obj)))

    async def get(self):
        """Waits for an item and takes it. Raises OSError after `close`."""
        shared = self.shared
        shared._open()
        return shared._opened(
            first_item(await self._ask("queue/get", shared._params.alone, shared._undo), shared._handle)
        )

    async def empty(self):
        """Returns True if the queue has no items at the moment of the answer."""
        self.shared._open()
        return (await self._ask("queue/status", self.shared._params.alone))["empty"]

    def close(self):
        """Makes this object unusable. The queue lives on as long as other objects refer to it."""
        self.shared.close()


__all__ = ["JoinableQueue", "Queue", "SimpleQueue"]
