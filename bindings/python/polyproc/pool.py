"""Pool: functions run in worker processes, several at a time."""

import time
import warnings

from ._errors import TimeoutError
from ._pools.call_options import NONE, OF_APPLY, OF_IMAP, OF_MAP, CallOptions
from ._pools.call_queue import CallQueue
from ._pools import own_queues
from ._pools.imap import IMapIterator, IMapUnorderedIterator
from ._pools.pool_calls import pack_calls
from ._pools.pool_job import PoolJob
from ._pools.pool_options import PoolOptions
from ._pools.pool_worker import PoolWorker
from ._pools.progress import Progress
from ._pools.results import ApplyResult, AsyncResult, MapResult
from ._pools.status import PoolStatus
from ._pools.timing import Durations, PoolTiming, TimingRecord
from ._processes import current, prepare
from ._processes.may_start import check_may_start
from ._server import at_exit  # noqa: F401
from ._server.default import default_session
from ._session.params import Params, field, ms, packed_map
from ._shared import SharedObject
from ._standard.library import lending
from ._values.failure import MaybeEncodingError, RemoteTraceback
from ._values.msgpack import pack_str
from ._values.payload import call_args, with_handles
from .targets import Target

INIT = "INIT"
RUN = "RUN"
CLOSE = "CLOSE"
TERMINATE = "TERMINATE"

# For the size of chunks: workers of a cluster without a limit. Node's binding has the same number.
_CLUSTER_WORKERS = 64
# Jobs of `apply` that are kept open for the next call of the same function.
_MAX_APPLY_JOBS = 64


class Pool(SharedObject):
    """
    `processes` workers (default: the number of CPUs), which are started as there is work for them. A worker that dies
    fails only the task that it ran (WorkerLost), and is replaced.

    Options, by keyword:
    `daemon`: whether the workers are daemonic, which may not start processes; default True.
    `min_processes`: workers that are started with the pool, and stay when they are idle; default 0.
    `idle_timeout`: seconds after which an idle worker beyond `min_processes` ends; default: it stays.
    `max_queue`: most calls of `apply_async` that may wait, beyond one for each worker; default: no limit. A further
    call raises queue.Full; `wait_for_room` waits for its turn.
    `cwd`: the workers' folder; default: the server's. `env`: changes to their environment; None removes a variable.
    `resource_limits`: limits of workers that run Python, as `resource.setrlimit` takes them:
    `{resource.RLIMIT_AS: 2**30}`.
    `exec_argv`: options of Node for workers that run JavaScript.
    `record_timing`: whether to record how long tasks wait and run, for `timing`; default False.
    `name`: shown in lists of pools; default: none.
    `cluster`: address of a cluster's Redis: the tasks run on its hosts, at most `processes` at a time (default: no
    limit), on those that have the labels in `needs`. Such a pool takes no option about its workers.

    Every call takes these options, by keyword: `task_timeout` (seconds that an item may run, then TimedOut), `grace`
    (seconds between asking a task to stop and killing its worker; default 1), `retries` (further attempts; default 0),
    `priority` (waiting tasks of a higher one run first; -1000 to 1000, default 0). Maps also take `on_progress`, which
    is called with a Progress after each report of a worker; those that return all results take `fail_fast` (the first
    failure ends the call, and what is not done is cancelled; default False).
    """

    _kind = "pool"
    _state = INIT
    # Milliseconds that a cancelled call may go on before its worker is killed; None: the server's default.
    _grace_ms = None
    # Made by the options `record_timing` and `max_queue`.
    _timing = _calls = None
    # Of a subclass with `_setup_queues`.
    _queues = None

    def __init__(self, processes=None, initializer=None, initargs=(), maxtasksperchild=None, context=None, **options):
        if processes is not None and processes < 1:
            raise ValueError("Number of processes must be at least 1")
        if maxtasksperchild is not None and (not isinstance(maxtasksperchild, int) or maxtasksperchild <= 0):
            raise ValueError("maxtasksperchild must be a positive int or None")
        if initializer is not None and not callable(initializer):
            raise TypeError("initializer must be a callable")
        check_may_start()
        session = context._session() if context is not None else default_session()
        session.listen()
        if not self._workers_are_daemonic(context):
            options["daemon"] = False
        options = PoolOptions(options, initializer, initargs)
        elsewhere = options.cluster is not None
        workers = processes or (_CLUSTER_WORKERS if elsewhere else session.facts["cpuCount"])
        self._stand_for(session, session.mint("pool"), workers, "PoolWorker", options.folder, options.env, elsewhere)
        session.adopt(self._handle)
        if options.record_timing:
            self._timing = TimingRecord()
        if options.max_queue is not None:
            self._calls = CallQueue(session, self._processes + options.max_queue)
        if type(self)._setup_queues is not Pool._setup_queues:
            from .queues import SimpleQueue

            self._ctx = own_queues.QueueContext(SimpleQueue, context)
            self._queues, begin = own_queues.of_pool(self)
            options.initializer, options.initargs = own_queues.begin, (begin, options.initializer, options.initargs)
        members = [field("pool", self._handle), *options.members]
        if processes or not elsewhere:
            members.append(field("processes", self._processes))
        if maxtasksperchild is not None:
            members.append(field("maxTasksPerChild", maxtasksperchild))
        if options.initializer is not None:
            members.append(field("initializer", options.target(self._context)))
            packed = lambda: call_args(pack_calls(options.initializer, "starmap", options.initargs))  # noqa: E731
            args = with_handles(session, packed)
            members.append(pack_str("initargs") + args)
        self._params = Params(field("pool", self._handle))
        self._state = RUN
        session.cast("pool/create", packed_map(members), self._not_made)

    @staticmethod
    def Process(ctx, *args, **kwds):
        """
        Makes a process of the context. A subclass may override it, so that its processes stay non-daemonic: the workers
        of such a pool may start processes. The workers themselves are made by the server.
        """
        return ctx.Process(*args, **kwds)

    def _setup_queues(self):
        """
        A subclass may override it, as in multiprocessing: queues of its own then pickle calls and results. It sets
        `_inqueue`, `_outqueue`, `_quick_put` and `_quick_get`, and makes pipes, locks and queues by `self._ctx`.
        """
        self._inqueue, self._outqueue = self._ctx.SimpleQueue(), self._ctx.SimpleQueue()
        self._quick_put, self._quick_get = self._inqueue._writer.send, self._outqueue._reader.recv

    def _workers_are_daemonic(self, context):
        """Whether the program's processes become daemonic when they are told to: a class of its own may refuse."""
        if context is None:
            context = current.default_context
        if type(self).Process is Pool.Process and not context._makes_own_processes():
            return True
        worker = self.Process(context)
        worker.daemon = True
        return worker.daemon

    def _stand_for(self, session, handle, processes, name, folder=None, env=(), elsewhere=False):
        """
        What this process keeps of a pool: one that it makes, or one of another process that it sends calls to.
        `elsewhere`: its workers are on other hosts.
        """
        self._session, self._handle, self._processes = session, handle, processes
        self._context = prepare.context_of(name, session, folder, env, elsewhere)
        self._apply_jobs = {}
        # A weak reference to the job that was given the last task: it may have tasks that were not sent.
        self._submitting = None
        self._jobs = set()

    def apply(self, func, args=(), kwds={}, **options):
        """
        Calls `func(*args, **kwds)` in a worker, and returns what it returns.

        Raises what the function raises, with the worker's traceback as cause; WorkerLost if the worker died.
        """
        return self.apply_async(func, args, kwds, **options).get()

    def apply_async(self, func, args=(), kwds={}, callback=None, error_callback=None, **options):
        """
        Starts `apply` without waiting. Returns an ApplyResult.

        `callback(result)` and `error_callback(exception)` are called in a thread of this process once the call is done.
        """
        self._check_running()
        options = CallOptions("Pool.apply_async", options, OF_APPLY)
        result = ApplyResult(self, callback, error_callback)
        if self._calls is not None:
            self._calls.add(result)
        self._apply_job(func, options).submit_one(func, (tuple(args), dict(kwds) if kwds else {}), result)
        return result

    def map(self, func, iterable, chunksize=None, **options):
        """
        Calls `func` with each item, and returns the list of results, in the order of the items.

        `iterable`: the items; all are read at once.
        `chunksize`: items that a worker gets at once; default: such that each worker gets four chunks. Raises
        ValueError below 1.

        Raises what the first failing call raised, with the worker's traceback as cause; WorkerLost if its worker died.
        """
        return self.map_async(func, iterable, chunksize, **options).get()

    def map_async(self, func, iterable, chunksize=None, callback=None, error_callback=None, **options):
        """
        Starts `map` without waiting. Returns a MapResult.

        `callback(results)` and `error_callback(exception)` are called in a thread of this process once all items are
        done.
        """
        return self._map_async(func, iterable, "map", chunksize, callback, error_callback, options)

    def starmap(self, func, iterable, chunksize=None, **options):
        """`map` with items that are the function's arguments."""
        return self.starmap_async(func, iterable, chunksize, **options).get()

    def starmap_async(self, func, iterable, chunksize=None, callback=None, error_callback=None, **options):
        """
        Starts `starmap` without waiting. Returns a MapResult.

        `callback(results)` and `error_callback(exception)` are called in a thread of this process once all items are
        done.
        """
        return self._map_async(func, iterable, "starmap", chunksize, callback, error_callback, options)

    def imap(self, func, iterable, chunksize=1, **options):
        """
        Calls `func` with each item. Returns an iterator of the results, in the order of the items.

        `iterable`: the items, without end if need be: they are read as results are taken.
        `chunksize`: items that a worker gets at once; default 1.

        `next(timeout)` of the iterator raises TimeoutError if the result did not come in time (seconds).
        """
        self._check_running()
        return IMapIterator(self, func, iterable, chunksize, CallOptions("Pool.imap", options, OF_IMAP))

    def imap_unordered(self, func, iterable, chunksize=1, **options):
        """`imap` with the results in the order in which they come."""
        self._check_running()
        call = CallOptions("Pool.imap_unordered", options, OF_IMAP)
        return IMapUnorderedIterator(self, func, iterable, chunksize, call)

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

    def _map_async(self, func, iterable, mode, chunksize, callback, error_callback, options):
        self._check_running()
        options = CallOptions("Pool.map", options, OF_MAP)
        items = iterable if isinstance(iterable, (list, tuple)) else list(iterable)
        result = MapResult(self, len(items), callback, error_callback, options)
        self._submit_map(func, items, mode, chunksize, result, options)
        return result

    def _submit_map(self, func, items, mode, chunksize, result, options=NONE):
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
        job = PoolJob(self, func, mode, result, options)
        result.stop = job.cancel
        for at in range(0, len(items), chunksize):
            job.submit(at, items[at : at + chunksize])
        job.flush()
        return job

    def _apply_job(self, func, options=NONE):
        key = (
            func
            if isinstance(func, Target)
            else (getattr(func, "__module__", None), getattr(func, "__qualname__", type(func))),
            options.key,
        )
        job = self._apply_jobs.get(key)
        if job is None:
            if len(self._apply_jobs) >= _MAX_APPLY_JOBS:
                del self._apply_jobs[next(iter(self._apply_jobs))]
            job = self._apply_jobs[key] = PoolJob(self, func, "apply", None, options)
        return job

    def wait_for_room(self, timeout=None):
        """
        Waits until a call would not raise queue.Full for `max_queue`, up to `timeout` (seconds; None: no limit).
        Returns whether there is room.
        """
        return self._calls is None or self._calls.wait_for_room(timeout)

    def status(self):
        """The pool's numbers at this moment, those of other programs that use it included."""
        told = self._request("pool/status", self._params.alone)
        return PoolStatus(*(told[name] for name in PoolStatus.__slots__))

    @property
    def timing(self):
        """
        How long the tasks of this process ran, and how long they waited before: a PoolTiming. A chunk of several items
        counts as one, with the mean of its items. Raises ValueError without `record_timing`.
        """
        if self._timing is None:
            raise ValueError("the pool records no times: make it with record_timing=True")
        return self._timing.timing

    def _check_running(self):
        if self._state != RUN:
            raise ValueError("Pool not running")

    # For programs that look at the workers.

    @property
    def _pool(self):
        """The workers. All of them are started for this, as multiprocessing starts them."""
        if self._state == RUN:
            self._repopulate_pool()
        return [PoolWorker(self._session, entry) for entry in self._workers()][: self._processes]

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


# Threads are the standard library's business.
__getattr__ = lending("pool", "ThreadPool")


__all__ = [
    "Pool",
    "ThreadPool",
    "AsyncResult",
    "MapResult",
    "RemoteTraceback",
    "MaybeEncodingError",
    "TimeoutError",
    "Progress",
    "PoolStatus",
    "PoolTiming",
    "Durations",
]
