"""The calls of an executor, from `submit` to the results of their futures."""

import os
import threading
import time
import weakref
from collections import deque
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool, _RemoteTraceback
from queue import Empty, SimpleQueue

from .. import _errors
from .._pools.pool_worker import PoolWorker
from .._pools.results import read_values
from .._session.handlers import is_from_handler
from .._values.failure import MaybeEncodingError, RemoteTraceback
from .._values.stored import forget
from ..pool import CLOSE

# Workers are handed calls for this many milliseconds ahead of need, up to the number of calls below for each worker.
# The others can still be cancelled.
_AHEAD_MS = 20.0
_MAX_AHEAD = 256
# What workers are given to start in, when a program asks for them.
_START_SECONDS = 10.0

# What becomes of calls whose workers the program ends.
_CUT_SHORT = frozenset(("Cancelled", "WorkerLost", "BadState"))

_exiting = False
# The executors that may have something to do at the end of the program.
_at_work = weakref.WeakSet()
# Tells the thread that the program has dropped the executor.
_FORSAKEN = object()


class WorkerLost(_errors.WorkerLost, BrokenProcessPool):
    """
    The worker died during this call. Unlike the standard library's executor, this one continues: other calls run as
    before. `data`: pid, exitCode, signal, stderr.
    """

    __module__ = "polyproc.futures"


class NotUnpickled(BrokenProcessPool):
    """
    The call could not be unpickled in its worker, or its result here; the cause says why. Unlike the standard library's
    executor, this one continues: other calls run as before.
    """

    __module__ = "polyproc.futures"


def _is_unopened(entry, failure):
    if entry.get("error") is None:
        # What was refused says so itself.
        return not isinstance(failure, _errors.PolyprocError)
    return (entry["error"].get("data") or {}).get("unopened", False)


class Call:
    """One call, and its future."""

    __slots__ = ("future", "job", "payload", "arguments", "_came", "notified")

    def __init__(self, job, payload, arguments, came):
        self.future = Future()
        self.job, self.payload = job, payload
        # What the payload names must live until it has been sent.
        self.arguments = arguments
        self._came = came
        self.notified = False

    # Called by the job, in the thread that reads: must not wait.

    def outcome(self, index, count, entry, error):
        self._came.put((self, entry, error))

    def lost(self, error):
        self._came.put((self, None, error))


class Calls:
    """
    The calls of an executor. They wait here, where they can be cancelled, and go to the server a little ahead of need.
    One thread completes the futures.
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
        self._cut_short = False
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
            if is_from_handler(error):
                raise
            payload, failure = None, error
        call = Call(job, payload, (fn, args, kwargs), self._came)
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

    def end_workers(self):
        """Without the calls that they run."""
        self._cut_short = True
        self.shut(True)
        if self.pool._session.error is None:
            self.pool.terminate()

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
            workers = [PoolWorker(pool._session, entry) for entry in pool._workers()]
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
        """The call was cancelled: threads that wait for the future continue at once."""
        with self._lock:
            if not call.notified:
                call.notified = True
                call.future.set_running_or_notify_cancel()
            forget(self.pool._session, call.payload)
            call.future = call.payload = call.arguments = None
        self._came.put(None)

    def _hand_out(self):
        """Sends the next calls to the server. The caller holds the lock."""
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
                if is_from_handler(error):
                    raise

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
        """Completes the future of a call. Returns the number of calls that have left the server."""
        if one is _FORSAKEN:
            self._shut = True
            return 0
        if one is None:
            return 0
        call, entry, error = one
        # Not kept by its own callback.
        future, call.future = call.future, None
        if future is None:
            # The call has its error already: the connection had ended.
            return 0
        try:
            value = read_values(self.pool._session, entry, error, kinds=BaseException)[0]
        except BaseException as failure:
            future.set_exception(self._exception(entry, failure))
        else:
            future.set_result(value)
            ms = max(entry["ms"], 0.01)
            self._ms = ms if self._ms is None else self._ms * 0.8 + ms * 0.2
        return 1

    def _exception(self, entry, failure):
        if self._cut_short and isinstance(failure, _errors.PolyprocError) and failure.name in _CUT_SHORT:
            return BrokenProcessPool("the program ended the workers of this executor")
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
        if type(failure) is MaybeEncodingError and failure.reason is not None:
            failure.reason.__cause__ = failure.__cause__
            failure = failure.reason
        unopened = entry is not None and _is_unopened(entry, failure)
        if type(failure.__cause__) is RemoteTraceback:
            # As programs know it from the standard library's executors.
            failure.__cause__ = _RemoteTraceback(failure.__cause__.tb)
        if unopened:
            broken = NotUnpickled(f"the call or its result could not be unpickled: {failure!r}")
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
            forget(self.pool._session, call.payload)
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
            # The server has ended, and the workers with it.
            pass


def finish_all():
    """At the end of the program: submitted calls still run, as with the standard library's executors."""
    global _exiting
    _exiting = True
    for calls in list(_at_work):
        calls.shut()
        calls.join()


def _after_fork():
    global _at_work
    _at_work = weakref.WeakSet()


# As in concurrent.futures: before the threads of the program are waited for, and before every function of atexit.
threading._register_atexit(finish_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
