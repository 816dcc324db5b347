"""Pool, with results that are awaited."""

from .. import pool
from .._pools.call_options import OF_APPLY, OF_IMAP, OF_MAP, CallOptions
from .._pools.imap import IMapIterator, IMapUnorderedIterator
from .._pools.results import ApplyResult, MapResult
from .asking import Bell, ask
from .process import in_loop


class Pool:
    """
    `processes` workers (default: the number of CPUs). Functions may be coroutine functions, which run in an event loop
    of their worker. The options of `polyproc.pool.Pool` and of its calls are the same here, except `max_queue`:
    `asyncio.Semaphore` limits calls.
    """

    def __init__(self, processes=None, initializer=None, initargs=(), maxtasksperchild=None, *, ctx=None, **options):
        if "max_queue" in options:
            raise TypeError("aio.Pool has no option 'max_queue': limit calls with asyncio.Semaphore")
        self.shared = pool.Pool(processes, in_loop(initializer), initargs, maxtasksperchild, context=ctx, **options)

    async def apply(self, func, args=(), kwds={}, **options):
        """
        Calls the function in a worker. If the await is cancelled, so is the call: once it has begun it is asked to
        stop, and its worker is ended if it does not.
        """
        shared, func = self.shared, in_loop(func)
        shared._check_running()
        result = _Apply(shared)
        job = shared._apply_job(func, CallOptions("Pool.apply", options, OF_APPLY))
        call = (tuple(args), dict(kwds) if kwds else {})
        index = job.submit_encoded(job.encode_call(func, call), call, result)
        return await _value(result, lambda: job.cancel_one(index))

    async def map(self, func, iterable, chunksize=None, **options):
        """
        Calls the function with each item. Returns the list of results. If the await is cancelled, so are the items that
        are not done.
        """
        return await self._map(func, iterable, "map", chunksize, options)

    async def starmap(self, func, iterable, chunksize=None, **options):
        """`map` with items that are the function's arguments."""
        return await self._map(func, iterable, "starmap", chunksize, options)

    def imap(self, func, iterable, chunksize=1, **options):
        """`map` whose results come one by one, in order, for `async for`; items are taken as results are read."""
        self.shared._check_running()
        return _IMap(self.shared, in_loop(func), iterable, chunksize, CallOptions("Pool.imap", options, OF_IMAP))

    def imap_unordered(self, func, iterable, chunksize=1, **options):
        """`imap` with the results in the order in which they arrive."""
        self.shared._check_running()
        call = CallOptions("Pool.imap_unordered", options, OF_IMAP)
        return _IMapUnordered(self.shared, in_loop(func), iterable, chunksize, call)

    def close(self):
        """Accepts no more calls. The workers end once the submitted calls are done."""
        self.shared.close()

    async def terminate(self):
        """Ends the workers at once. Calls that are not done fail with Cancelled."""
        shared = self.shared
        shared._state = pool.TERMINATE
        if shared._session.error is not None:
            return
        for job in list(shared._jobs):
            job.drop_unsent()
        await ask(shared._session, "pool/terminate", shared._params.alone)

    async def join(self):
        """Waits until the workers have ended."""
        if self.shared._state == pool.RUN:
            raise ValueError("Pool is still running")
        await ask(self.shared._session, "pool/join", self.shared._params.alone)

    async def status(self):
        """The pool's numbers at this moment: a PoolStatus."""
        told = await ask(self.shared._session, "pool/status", self.shared._params.alone)
        return pool.PoolStatus(*(told[name] for name in pool.PoolStatus.__slots__))

    @property
    def timing(self):
        """How long tasks ran and waited, as `polyproc.pool.Pool.timing`."""
        return self.shared.timing

    async def _map(self, func, iterable, mode, chunksize, options):
        shared = self.shared
        shared._check_running()
        options = CallOptions("Pool.map", options, OF_MAP)
        items = iterable if isinstance(iterable, (list, tuple)) else list(iterable)
        result = _Map(shared, len(items), options)
        job = shared._submit_map(in_loop(func), items, mode, chunksize, result, options)
        return await _value(result, job.cancel if job is not None else lambda: None)

    async def __aenter__(self):
        self.shared._check_running()
        return self

    async def __aexit__(self, *_):
        await self.terminate()

    def __reduce__(self):
        raise NotImplementedError("pool objects cannot be passed between processes or pickled")

    def __repr__(self):
        return f"<aio Pool {self.shared._handle}>"


async def _value(result, cancel):
    try:
        await result.bell.future
    except BaseException:
        cancel()
        raise
    result._open()
    if result._error is not None:
        raise result._error
    return result._value


class _Apply(ApplyResult):
    def __init__(self, of):
        self.bell = Bell()
        super().__init__(of, None, None)

    def _set_ready(self):
        self._ready = True
        self.bell.ring()


class _Map(MapResult):
    def __init__(self, of, length, options):
        self.bell = Bell()
        super().__init__(of, length, None, None, options)

    _set_ready = _Apply._set_ready


class _Awaited:
    """An iterator of results for `async for`."""

    # These would hold up the loop.
    __iter__ = __next__ = next = None

    def __aiter__(self):
        return self

    async def __anext__(self):
        while True:
            result = self._pop()
            if result is None:
                self._fill()
                if self._is_over():
                    raise StopAsyncIteration
                if self._has_next():
                    self._take()
                result = self._pop()
            if result is not None:
                # Other tasks that wait may find that there are more, or that this was the last.
                self._ring()
                failed, value = result
                if failed:
                    raise value
                return value
            bell = Bell()
            self._waiting.append(bell)
            try:
                # An outcome that came before it stood in the line does not ring it.
                if not self._may_go_on():
                    await bell.future
            finally:
                self._waiting.remove(bell)

    def _ring(self):
        for bell in list(self._waiting):
            bell.ring()


class _IMap(_Awaited, IMapIterator):
    def __init__(self, *args):
        self._waiting = []
        super().__init__(*args)


class _IMapUnordered(_Awaited, IMapUnorderedIterator):
    def __init__(self, *args):
        self._waiting = []
        super().__init__(*args)


__all__ = ["Pool"]
