"""Pool: functions run in worker processes, several at a time."""

import time
import warnings

from ._errors import PolyprocError, TimeoutError
from ._pools.imap import IMapIterator, IMapUnorderedIterator
from ._pools.pool_calls import pack_calls
from ._pools.pool_job import PoolJob
from ._pools.results import ApplyResult, AsyncResult, MapResult
from ._processes import prepare
from ._processes.describe import describe
from ._processes.may_start import check_may_start
from ._server import at_exit  # noqa: F401
from ._server.default import default_session
from ._session.params import Params, field, ms, packed_map
from ._shared import SharedObject
from ._values.failure import MaybeEncodingError, RemoteTraceback
from ._values.msgpack import pack_str
from ._values.payload import call_args, with_handles
from .targets import Target

INIT = "INIT"
RUN = "RUN"
CLOSE = "CLOSE"
TERMINATE = "TERMINATE"

# Jobs of `apply` that are kept open for the next call of the same function.
_MAX_APPLY_JOBS = 64


class Pool(SharedObject):
    """
    `processes` workers (default: the number of CPUs), which are started as there is work for them. A worker that dies
    fails only the task that it ran (WorkerLost), and is replaced.
    """

    _kind = "pool"
    _state = INIT
    # Milliseconds that a cancelled call may go on before its worker is killed; None: the server's default.
    _grace_ms = None

    def __init__(self, processes=None, initializer=None, initargs=(), maxtasksperchild=None, context=None):
        if processes is not None and processes < 1:
            raise ValueError("Number of processes must be at least 1")
        if maxtasksperchild is not None and (not isinstance(maxtasksperchild, int) or maxtasksperchild <= 0):
            raise ValueError("maxtasksperchild must be a positive int or None")
        if initializer is not None and not callable(initializer):
            raise TypeError("initializer must be a callable")
        check_may_start()
        session = context._session() if context is not None else default_session()
        session.listen()
        self._stand_for(session, session.mint("pool"), processes or session.facts["cpuCount"], "PoolWorker")
        session.adopt(self._handle)
        members = [field("pool", self._handle), field("processes", self._processes)]
        if maxtasksperchild is not None:
            members.append(field("maxTasksPerChild", maxtasksperchild))
        if initializer is not None:
            members.append(field("initializer", {**describe(initializer), "context": self._context}))
            args = with_handles(session, lambda: call_args(pack_calls(initializer, "starmap", tuple(initargs))))
            members.append(pack_str("initargs") + args)
        session.cast("pool/create", packed_map(members), self._not_made)
        self._params = Params(field("pool", self._handle))
        self._state = RUN

    def _stand_for(self, session, handle, processes, name):
        """What this process keeps of a pool: one that it makes, or one of another process that it sends calls to."""
        self._session, self._handle, self._processes = session, handle, processes
        self._context = prepare.context_of(name, session)
        self._apply_jobs = {}
        # The job that has tasks which were not sent.
        self._submitting = None
        self._jobs = set()

    def apply(self, func, args=(), kwds={}):
        """
        Calls `func(*args, **kwds)` in a worker, and returns what it returns.

        Raises what the function raises, with the worker's traceback as cause; WorkerLost if the worker died.
        """
        return self.apply_async(func, args, kwds).get()

    def apply_async(self, func, args=(), kwds={}, callback=None, error_callback=None):
        """
        Starts `apply` without waiting. Returns an ApplyResult.

        `callback(result)` and `error_callback(exception)` are called in a thread of this process once the call is done.
        """
        self._check_running()
        result = ApplyResult(self, callback, error_callback)
        self._apply_job(func).submit_one(func, (tuple(args), dict(kwds) if kwds else {}), result)
        return result

    def map(self, func, iterable, chunksize=None):
        """
        Calls `func` with each item, and returns the list of results, in the order of the items.

        `iterable`: the items; all are read at once.
        `chunksize`: items that a worker gets at once; default: such that each worker gets four chunks. Raises
        ValueError below 1.

        Raises what the first failing call raised, with the worker's traceback as cause; WorkerLost if its worker died.
        """
        return self.map_async(func, iterable, chunksize).get()

    def map_async(self, func, iterable, chunksize=None, callback=None, error_callback=None):
        """
        Starts `map` without waiting. Returns a MapResult.

        `callback(results)` and `error_callback(exception)` are called in a thread of this process once all items are
        done.
        """
        return self._map_async(func, iterable, "map", chunksize, callback, error_callback)

    def starmap(self, func, iterable, chunksize=None):
        """`map` with items that are the function's arguments."""
        return self.starmap_async(func, iterable, chunksize).get()

    def starmap_async(self, func, iterable, chunksize=None, callback=None, error_callback=None):
        """
        Starts `starmap` without waiting. Returns a MapResult.

        `callback(results)` and `error_callback(exception)` are called in a thread of this process once all items are
        done.
        """
        return self._map_async(func, iterable, "starmap", chunksize, callback, error_callback)

    def imap(self, func, iterable, chunksize=1):
        """
        Calls `func` with each item. Returns an iterator of the results, in the order of the items.

        `iterable`: the items, without end if need be: they are read as results are taken.
        `chunksize`: items that a worker gets at once; default 1.

        `next(timeout)` of the iterator raises TimeoutError if the result did not come in time (seconds).
        """
        self._check_running()
        return IMapIterator(self, func, iterable, chunksize)

    def imap_unordered(self, func, iterable, chunksize=1):
        """`imap` with the results in the order in which they come."""
        self._check_running()
        return IMapUnorderedIterator(self, func, iterable, chunksize)

    def close(self):
        """No more calls; the workers end once what was submitted is done."""
        if self._state != RUN:
            return
        self._state = CLOSE
        for job in list(self._jobs):
            job.flush()
        self._session.cast("pool/close", self._params.alone)

    def terminate(self):
        """Ends the workers at once. What is not done fails with Cancelled."""
        self._state = TERMINATE
        if self._session.error is not None:
            return
        for job in list(self._jobs):
            job.drop_unsent()
        self._request("pool/terminate", self._params.alone)

    def join(self):
        """Waits until the workers have gone."""
        if self._state == RUN:
            raise ValueError("Pool is still running")
        if self._state not in (CLOSE, TERMINATE):
            raise ValueError("In unknown state")
        self._request("pool/join", self._params.alone)
        # multiprocessing calls every callback before this returns.
        self._session.callbacks.finish()

    def _map_async(self, func, iterable, mode, chunksize, callback, error_callback):
        self._check_running()
        items = iterable if isinstance(iterable, (list, tuple)) else list(iterable)
        result = MapResult(self, len(items), callback, error_callback)
        self._submit_map(func, items, mode, chunksize, result)
        return result

    def _submit_map(self, func, items, mode, chunksize, result):
        """
        Submits the items in chunks; `result` is told what becomes of them. Their job; None when there are no items.
        """
        if chunksize is None:
            chunksize, extra = divmod(len(items), self._processes * 4)
            if extra:
                chunksize += 1
        if items and chunksize < 1:
            raise ValueError(f"Chunksize must be 1+, not {chunksize:n}")
        if not items:
            return None
        job = PoolJob(self, func, mode, result)
        for at in range(0, len(items), chunksize):
            job.submit(at, items[at : at + chunksize])
        job.flush()
        return job

    def _apply_job(self, func):
        key = (
            func
            if isinstance(func, Target)
            else (getattr(func, "__module__", None), getattr(func, "__qualname__", type(func)))
        )
        job = self._apply_jobs.get(key)
        if job is None:
            if len(self._apply_jobs) >= _MAX_APPLY_JOBS:
                del self._apply_jobs[next(iter(self._apply_jobs))]
            job = self._apply_jobs[key] = PoolJob(self, func, "apply", None)
        return job

    def _check_running(self):
        if self._state != RUN:
            raise ValueError("Pool not running")

    # For programs that look at the workers.

    @property
    def _pool(self):
        """The workers. All of them are started for this, as multiprocessing starts them."""
        if self._state == RUN:
            self._repopulate_pool()
        return [_Worker(self._session, entry) for entry in self._workers()][: self._processes]

    def _repopulate_pool(self):
        job = self._apply_job(_nothing)
        deadline = time.monotonic() + 60
        while len(self._workers()) < self._processes and time.monotonic() < deadline:
            # Tasks that wait make the server start workers for them.
            results = []
            for _ in range(self._processes):
                results.append(ApplyResult(self, None, None))
                job.submit_one(_nothing, ((0.05,), {}), results[-1])
            for result in results:
                result.wait()

    def _workers(self):
        entries = self._session.request("process/list", {"scope": "all"})["processes"]
        return [
            entry
            for entry in entries
            if entry["pool"] == self._handle and entry["state"] == "running" and entry["pid"] is not None
        ]

    def __enter__(self):
        self._check_running()
        return self

    def __exit__(self, *_):
        self.terminate()

    def __reduce__(self):
        raise NotImplementedError("pool objects cannot be passed between processes or pickled")

    def __del__(self):
        if self._state == RUN and self._session is not None and self._session.error is None:
            warnings.warn(f"unclosed running multiprocessing pool {self!r}", ResourceWarning, source=self)
        super().__del__()

    def __repr__(self):
        return (
            f"<{type(self).__module__}.{type(self).__qualname__} state={self._state} "
            f"pool_size={getattr(self, '_processes', 0)}>"
        )


def _nothing(seconds):
    time.sleep(seconds)


class _Worker:
    """A worker process of a pool."""

    def __init__(self, session, entry):
        self._session, self._handle = session, entry["process"]
        self.pid = self.ident = entry["pid"]
        self.name, self.daemon = entry["name"], True

    def is_alive(self):
        return self.exitcode is None

    @property
    def exitcode(self):
        return self._ended({"timeoutMs": 0})

    def join(self, timeout=None):
        """Waits until the process has ended, up to `timeout` (seconds)."""
        self._ended({} if timeout is None else {"timeoutMs": ms(timeout)})

    def terminate(self):
        self._session.request("process/terminate", {"process": self._handle})

    def kill(self):
        self._session.request("process/kill", {"process": self._handle})

    def _ended(self, how):
        try:
            result = self._session.request("process/join", {"process": self._handle, **how})
        except PolyprocError:
            # No result of it is held any more.
            return 0
        return result["exitCode"] if result["exited"] else None

    def __repr__(self):
        return f"<Process name={self.name!r} pid={self.pid} daemon>"


def __getattr__(name):
    if name == "ThreadPool":
        # Threads are the standard library's business.
        from ._standard.library import standard

        return standard("pool").ThreadPool
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = ["Pool", "ThreadPool", "AsyncResult", "MapResult", "RemoteTraceback", "MaybeEncodingError", "TimeoutError"]
