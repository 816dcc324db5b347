"""
concurrent.futures' ProcessPoolExecutor on a Polyproc server. Its futures are concurrent.futures' own: `wait`,
`as_completed` and `asyncio.wrap_future` take them.
"""

import weakref
from concurrent.futures import Executor
from concurrent.futures.process import BrokenProcessPool

from ._futures.buffered import map_calls
from ._futures.calls import Calls, NotUnpickled, WorkerLost
from ._values.payload import CHUNK_BYTES, buffer_size
from .context import BaseContext, default_context
from .pool import Pool


class ProcessPoolExecutor(Executor):
    """
    `max_workers` processes (default: the number of CPUs), which are started as there is work for them. `mp_context`:
    what `polyproc.get_context()` or `polyproc.connect(address)` gives.
    """

    def __init__(self, max_workers=None, mp_context=None, initializer=None, initargs=(), *, max_tasks_per_child=None):
        if max_workers is not None and max_workers <= 0:
            raise ValueError("max_workers must be greater than 0")
        if initializer is not None and not callable(initializer):
            raise TypeError("initializer must be a callable")
        if max_tasks_per_child is not None:
            if not isinstance(max_tasks_per_child, int):
                raise TypeError("max_tasks_per_child must be an integer")
            if max_tasks_per_child <= 0:
                raise ValueError("max_tasks_per_child must be >= 1")
        if mp_context is None:
            mp_context = default_context
        elif not isinstance(mp_context, BaseContext):
            raise TypeError(
                f"mp_context must come from polyproc.get_context() or polyproc.connect(), got {mp_context!r}"
            )
        self._mp_context = mp_context
        if initializer is not None:
            initializer, initargs = _Initializer(initializer), tuple(initargs)
        self._calls = Calls(
            Pool(max_workers, initializer, initargs, max_tasks_per_child, context=mp_context, daemon=False),
            initializer is not None,
        )
        self._max_workers = self._calls.pool._processes
        # Without its executor it finishes what was submitted.
        weakref.finalize(self, self._calls.forsake).atexit = False

    def submit(self, fn, /, *args, **kwargs):
        """Calls the function in a worker. Arguments are pickled at once; what cannot be pickled fails its future."""
        return self._calls.submit(fn, fn, args, kwargs)

    def map(self, fn, *iterables, timeout=None, chunksize=1, buffersize=None):
        """
        `map` whose results come in order. Workers get `chunksize` items at a time.

        `buffersize`: this many chunks are submitted ahead of the results that are taken; None (the default): all at
        once.
        """
        if chunksize < 1:
            raise ValueError("chunksize must be >= 1.")
        calls = zip(*iterables)
        if chunksize == 1:
            return map_calls(self.submit, fn, calls, timeout, buffersize)
        return _joined(map_calls(self.submit, _Chunked(fn), zip(_chunks(calls, chunksize)), timeout, buffersize))

    def shutdown(self, wait=True, *, cancel_futures=False):
        """Takes no more calls. With `wait` returns once all were run and the workers have gone."""
        self._calls.shut(cancel_futures)
        if wait:
            self._calls.join()

    def terminate_workers(self):
        """
        Ends the workers at once, and takes no more calls. Calls that wait are cancelled; those that run fail with
        BrokenProcessPool.
        """
        self._calls.end_workers()

    def kill_workers(self):
        """The same: the server ends a pool's workers in one way."""
        self._calls.end_workers()

    # For programs that use the internals of the standard library's executor.

    @property
    def _broken(self):
        return self._calls.broken

    @property
    def _executor_manager_thread(self):
        """The thread that completes the futures; None before the first call."""
        return self._calls._thread

    @property
    def _processes(self):
        """By process id: the workers, with those that are just being started for calls under way."""
        return {worker.pid: worker for worker in self._calls.workers()}


class _Initializer:
    """Prepares a worker; says in its log when that fails, as in the standard library."""

    def __init__(self, func):
        self.func = func

    def __call__(self, *args):
        try:
            self.func(*args)
        except BaseException:
            import logging

            logging.getLogger("concurrent.futures").critical("Exception in initializer:", exc_info=True)
            raise


class _Chunked:
    """Calls a function with each item of a chunk."""

    def __init__(self, func):
        self.func = func

    def __call__(self, chunk):
        return [self.func(*args) for args in chunk]


def _chunks(items, size):
    """Of this size, or fewer where they are many bytes."""
    chunk, left = [], CHUNK_BYTES
    for item in items:
        chunk.append(item)
        left -= sum(map(buffer_size, item))
        if len(chunk) == size or left <= 0:
            yield chunk
            chunk, left = [], CHUNK_BYTES
    if chunk:
        yield chunk


def _joined(lists):
    """The items of the lists, each let go as it is handed out."""
    for items in lists:
        items.reverse()
        while items:
            yield items.pop()


__all__ = ["BrokenProcessPool", "NotUnpickled", "ProcessPoolExecutor", "WorkerLost"]
