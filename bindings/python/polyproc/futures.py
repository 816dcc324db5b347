"""
concurrent.futures' ProcessPoolExecutor on a Polyproc server. Its futures are concurrent.futures' own: `wait`, `as_completed` and
`asyncio.wrap_future` take them.
"""

import os
import threading
import time
import weakref
from collections import deque
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from queue import Empty, SimpleQueue

from . import _errors
from ._pools.results import read_values
from ._values.payload import CHUNK_BYTES, buffer_size
from .context import BaseContext, default_context
from .pool import CLOSE, Pool, _Worker

# Workers are handed calls for so many milliseconds ahead of need, and no more than so many calls each; the others can still be cancelled.
_AHEAD_MS = 20.0
_MAX_AHEAD = 256
# What workers are given to start in, when somebody asks for them.
_START_SECONDS = 10.0

_exiting = False
# Those that may have something to do at the end of the program.
_at_work = weakref.WeakSet()
# Tells the thread that nobody has the executor any more.
_FORSAKEN = object()


class WorkerLost(_errors.WorkerLost, BrokenProcessPool):
    """
    The worker died in the middle of this call. Unlike the standard library's executor, this one goes on: the other calls are not hurt.
    `data`: pid, exitCode, signal, stderr.
    """


class ProcessPoolExecutor(Executor):
    """
    `max_workers` processes (default: the number of CPUs), which are started as there is work for them. `mp_context`: what
    `polyproc.get_context()` or `polyproc.connect(address)` gives.
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
        self._calls = _Calls(
            Pool(max_workers, initializer, initargs, max_tasks_per_child, context=mp_context), initializer is not None
        )
        self._max_workers = self._calls.pool._processes
        # Without its executor it finishes what was submitted.
        weakref.finalize(self, self._calls.forsake).atexit = False

    def submit(self, fn, /, *args, **kwargs):
        """Calls the function in a worker. Arguments are pickled at once; what cannot be pickled fails its future."""
        return self._calls.submit(fn, fn, args, kwargs)

    def map(self, fn, *iterables, timeout=None, chunksize=1, buffersize=None):
        """`map` whose results come in order. Workers get `chunksize` items at a time."""
        if chunksize < 1:
            raise ValueError("chunksize must be >= 1.")
        # Only Python 3.14 and later know it.
        more = {} if buffersize is None else {"buffersize": buffersize}
        if chunksize == 1:
            return super().map(fn, *iterables, timeout=timeout, **more)
        return _joined(super().map(_Chunked(fn), _chunks(zip(*iterables), chunksize), timeout=timeout, **more))

    def shutdown(self, wait=True, *, cancel_futures=False):
        """Takes no more calls. With `wait` returns once all were run and the workers have gone."""
        self._calls.shut(cancel_futures)
        if wait:
            self._calls.join()

    # For programs that look at the insides, as those of the standard library.

    @property
    def _broken(self):
        return self._calls.broken

    @property
    def _processes(self):
        """By process id: the workers, with those that are just being started for calls under way."""
        return {worker.pid: worker for worker in self._calls.workers()}


class _Call:
    """One call, and its future."""

    __slots__ = ("future", "job", "payload", "arguments", "_came", "notified")

    def __init__(self, job, payload, arguments, came):
        self.future = Future()
        self.job, self.payload = job, payload
        # What the payload names must live until it has been sent.
        self.arguments = arguments
        self._came = came
        self.notified = False

    # For the job: called by whoever reads, who must not wait.

    def outcome(self, index, count, entry, error):
        self._came.put((self, entry, error))

    def lost(self, error):
        self._came.put((self, None, error))


class _Calls:
    """
    What an executor has to do. Calls wait here, where they can be cancelled, and are handed to the server a little ahead of need. One thread
    completes the futures.
    """

    def __init__(self, pool, has_initializer):
        self.pool = pool
        self.broken = False
        self._has_initializer = has_initializer
        self._lock = threading.RLock()
        self._waiting = deque()
        self._came = SimpleQueue()
        self._handed_out = 0
        self._ms = None
        self._shut = False
        self._ended = False
        self._thread = None

    def submit(self, name, fn, args, kwargs):
        with self._lock:
            self._check_open()
            if self._thread is None:
                self._begin()
            job = self.pool._apply_job(getattr(fn, "func", fn))
        try:
            payload, failure = job.encode_call(fn, (args, kwargs)), None
        except Exception as error:
            payload, failure = None, error
        call = _Call(job, payload, (fn, args, kwargs), self._came)
        future = call.future
        if failure is not None:
            future.set_exception(failure)
            return future
        future.add_done_callback(lambda future: self._was_cancelled(call) if future.cancelled() else None)
        with self._lock:
            self._check_open()
            self._waiting.append(call)
            self._hand_out()
        return future

    def shut(self, cancel=False):
        with self._lock:
            self._shut = True
            waiting = list(self._waiting) if cancel else ()
            self._finish()
        for call in waiting:
            future = call.future
            if future is not None:
                future.cancel()

    def forsake(self):
        """The same, at any moment: the garbage collector calls it."""
        if self._thread is None:
            self.pool._state = CLOSE
        else:
            self._came.put(_FORSAKEN)

    def join(self):
        thread = self._thread
        if thread is not None:
            thread.join()
        if self.pool._session.error is None:
            self.pool.join()

    def workers(self):
        pool, deadline = self.pool, time.monotonic() + _START_SECONDS
        while True:
            workers = [_Worker(pool._session, entry) for entry in pool._workers()]
            if len(workers) >= min(pool._processes, self._handed_out) or time.monotonic() > deadline:
                return workers

    def _check_open(self):
        if self.broken:
            raise BrokenProcessPool(self.broken)
        if self._shut:
            raise RuntimeError("cannot schedule new futures after shutdown")
        if _exiting:
            raise RuntimeError("cannot schedule new futures after interpreter shutdown")
        if self.pool._session.error is not None:
            raise self.pool._session.closed_error()

    def _begin(self):
        self._thread = threading.Thread(target=self._complete, name="polyproc-futures", daemon=True)
        # Of Polyproc's own: it ends with the executor's last call.
        getattr(threading, "_dangling", set()).discard(self._thread)
        self._thread.start()
        _at_work.add(self)

    def _was_cancelled(self, call):
        """Those who wait for the future are told at once."""
        with self._lock:
            if not call.notified:
                call.notified = True
                call.future.set_running_or_notify_cancel()
            call.future = call.arguments = None
        self._came.put(None)

    def _hand_out(self):
        """Gives the server what it is to have. With the lock."""
        waiting = self._waiting
        while waiting and self._handed_out < self._ahead():
            call = waiting.popleft()
            if call.notified:
                continue
            call.notified = True
            if not call.future.set_running_or_notify_cancel():
                continue
            job, payload, arguments = call.job, call.payload, call.arguments
            call.job = call.payload = call.arguments = None
            self._handed_out += 1
            try:
                job.submit_encoded(payload, arguments, call)
                if self.pool._session.error is not None:
                    raise self.pool._session.closed_error()
            except Exception as error:
                call.lost(error)

    def _ahead(self):
        ahead = 1 if self._ms is None else int(_AHEAD_MS / self._ms)
        return self.pool._processes * min(max(ahead, 1), _MAX_AHEAD) + 1

    # The thread.

    def _complete(self):
        came = self._came
        while not self._ended:
            done = self._settle(came.get())
            try:
                while done < 64:
                    done += self._settle(came.get_nowait())
            except Empty:
                pass
            with self._lock:
                self._handed_out -= done
                self._hand_out()
                self._finish()

    def _settle(self, one):
        """The future of what came. The number of calls that the server has no more."""
        if one is _FORSAKEN:
            self._shut = True
            return 0
        if one is None:
            return 0
        call, entry, error = one
        # Not kept by its own callback.
        future, call.future = call.future, None
        if future is None:
            # It was told already: the connection had ended.
            return 0
        try:
            value = read_values(self.pool._session, entry, error)[0]
        except BaseException as failure:
            future.set_exception(self._exception(entry, failure))
        else:
            future.set_result(value)
            ms = max(entry["ms"], 0.01)
            self._ms = ms if self._ms is None else self._ms * 0.8 + ms * 0.2
        return 1

    def _exception(self, entry, failure):
        if type(failure) is _errors.WorkerLost:
            return WorkerLost(str(failure), failure.data, failure.name, failure.code)
        if (
            self._has_initializer
            and entry is not None
            and entry["pid"] == 0
            and entry["error"].get("code") == _errors.CODES["TaskFailed"]
        ):
            # It failed without a worker: none could be prepared.
            self._break(entry["error"]["message"], failure)
            broken = BrokenProcessPool(self.broken)
            broken.__cause__ = failure
            return broken
        return failure

    def _break(self, message, failure):
        """No worker can be prepared for any call."""
        with self._lock:
            self.broken = message
            waiting, self._waiting = self._waiting, deque()
        for call in waiting:
            with self._lock:
                if call.notified:
                    continue
                call.notified = True
                future, call.future = call.future, None
            if future.set_running_or_notify_cancel():
                broken = BrokenProcessPool(message)
                broken.__cause__ = failure
                future.set_exception(broken)

    def _finish(self):
        """Lets the workers end, when nothing is left to do. With the lock."""
        while self._waiting and self._waiting[0].notified:
            self._waiting.popleft()
        if not self._shut or self._waiting or self._handed_out > 0 or self._ended:
            return
        self._ended = True
        _at_work.discard(self)
        # The thread sees it.
        self._came.put(None)
        try:
            self.pool.close()
        except _errors.PolyprocError:
            # The server has gone, and the workers with it.
            pass


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


def _finish_all():
    """At the end of the program: what was submitted is run, as with the standard library's executors."""
    global _exiting
    _exiting = True
    for calls in list(_at_work):
        calls.shut()
        calls.join()


def _after_fork():
    global _at_work
    _at_work = weakref.WeakSet()


# As in concurrent.futures: before the threads of the program are waited for, and before every function of atexit.
threading._register_atexit(_finish_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)

__all__ = ["BrokenProcessPool", "ProcessPoolExecutor", "WorkerLost"]
