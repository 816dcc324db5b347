"""
Queues of a subclass of Pool, which overrides `_setup_queues` to give calls and results a pickler of its own. Their
pickler packs the calls and results; the packed bytes travel as those of all pools, not through the queues.
"""

import pickle
import threading

from .._processes import current
from .._values.msgpack import array_head, pack_bin, unpack
from .._values.payload import blob, opener
from .._values.rope import joined

_QUEUED = "python/queued"
# Of this thread. `sent`: what a queue has sent since the last look; `came`: what it is to receive, in order; `get`: how
# the program reads the results that it decodes.
_local = threading.local()


class OwnQueues:
    """The queues of a pool. In the program: calls are put, results are got. In a worker: the other way round."""

    def __init__(self, put, get):
        self._put, self._get = put, get

    def packed(self, value):
        """What the queue's `put` sends for this value, as a packed value. TypeError when it sends it elsewhere."""
        outer, _local.sent = getattr(_local, "sent", None), []
        try:
            self._put(value)
            sent = _local.sent
        finally:
            _local.sent = outer
        if not sent:
            raise TypeError(
                f"{self._put!r} sent nothing through a pipe of the pool: _setup_queues must make the queues of "
                "self._ctx.Pipe(), self._ctx.SimpleQueue() or SimpleQueue(ctx=self._ctx)"
            )
        return blob(_QUEUED, joined([array_head(len(sent)), *map(pack_bin, sent)]))

    def value(self, content):
        """What the queue's `get` returns for these packed bytes."""
        outer, _local.came = getattr(_local, "came", None), unpack(content)
        try:
            return self._get()
        finally:
            _local.came = outer

    def opening(self, decode):
        """`decode()`, which opens results with this queue."""
        outer, _local.queues = getattr(_local, "queues", None), self
        try:
            return decode()
        finally:
            _local.queues = outer


class _OfWorker:
    """The queues of the pool whose worker this process is."""

    queues = None


def of_worker():
    """The queues of this worker's pool; None if it has none."""
    return _OfWorker.queues


def of_pool(pool):
    """Has the pool make its queues. Also returns what its workers are to begin with."""
    pool._setup_queues()
    calls, results = pool._inqueue, pool._outqueue
    put = getattr(pool, "_quick_put", None) or calls.put
    get = getattr(pool, "_quick_get", None) or results.get
    return OwnQueues(put, get), (calls, results)


def begin(queues, initializer, initargs):
    """Runs in the worker, as the pool's initializer."""
    calls, results = queues
    _OfWorker.queues = OwnQueues(results.put, calls.get)
    if initializer is not None:
        initializer(*initargs)


class QueueContext:
    """The context of a pool while it makes its queues: pipes and locks of it stay within each process."""

    def __init__(self, simple_queue, context=None):
        self._simple_queue = simple_queue
        self._context = context or current.default_context

    def Pipe(self, duplex=True):
        """Two ends. What a queue sends here becomes a payload."""
        return QueueEnd(), QueueEnd()

    def Lock(self):
        """Threads that send at the same time do not share a pipe: the lock only protects what else the queue has."""
        return QueueLock()

    RLock = Lock

    def SimpleQueue(self):
        """A queue with `put`, `get`, and the pipe's ends `_reader` and `_writer`."""
        return self._simple_queue(ctx=self)

    def __getattr__(self, name):
        return getattr(self._context, name)

    def __reduce__(self):
        return QueueContext, (self._simple_queue,)


class QueueEnd:
    """An end of a pipe between the program and the workers of a pool."""

    closed = False
    readable = writable = True

    def send(self, obj):
        self.send_bytes(pickle.dumps(obj, pickle.HIGHEST_PROTOCOL))

    def send_bytes(self, buf, offset=0, size=None):
        sent = getattr(_local, "sent", None)
        if sent is None:
            raise OSError("only the pool sends through this pipe")
        if type(buf) is not bytes or offset or size is not None:
            data = memoryview(buf).cast("B")
            buf = bytes(data[offset : None if size is None else offset + size])
        sent.append(buf)

    def recv(self):
        return pickle.loads(self._next())

    def recv_bytes(self, maxlength=None):
        return bytes(self._next())

    def _next(self):
        if not self.poll():
            raise OSError("only the pool receives from this pipe")
        return _local.came.pop(0)

    def poll(self, timeout=0.0):
        return bool(getattr(_local, "came", None))

    def close(self):
        """Nothing to close: there is no descriptor."""

    def __reduce__(self):
        return QueueEnd, ()


class QueueLock:
    """A lock of one process. A thread may take it again, because signal handlers may make calls."""

    def __init__(self):
        lock = threading.RLock()
        self.acquire, self.release = lock.acquire, lock.release

    def __enter__(self):
        return self.acquire()

    def __exit__(self, *_):
        self.release()

    def __reduce__(self):
        return QueueLock, ()


def _open(content):
    queues = getattr(_local, "queues", None) or _OfWorker.queues
    if queues is None:
        raise pickle.UnpicklingError("a value that the queue of a pool packed came outside of this pool")
    return queues.value(content)


opener(_QUEUED, _open)
