"""A job: its tasks on their way to the server, in few messages, and their outcomes on the way back."""

import threading
import weakref

from .._errors import Cancelled, Closed, PolyprocError
from .._processes.describe import describe
from .._session.handlers import is_from_handler
from .._session.params import CAST, Params, field
from .._values.msgpack import array_head, map_head, pack, pack_int, pack_str
from .._values.payload import CHUNK_BYTES, encode_apart, to_wire, with_handles
from .._values.sink import TooLong
from .._values.rope import joined
from .._values.stored import forget
from ..targets import Target
from .call_options import NONE
from .pool_calls import Call, CallPacker, Calls, pack_calls

# One message has at most this many tasks and bytes, unless one task alone has more. Node's binding has the same
# numbers.
_MAX_TASKS = 512
_MAX_BYTES = 64 * 1024
# Most bytes of tasks that the server has not accepted yet. A thread that submits more is blocked. `apply_async` should
# not block, so this is large. (Node's binding keeps further tasks in a list instead of blocking, so 8 MiB suffice.)
_WINDOW_BYTES = 64 * 1024 * 1024
_WINDOW_MESSAGES = 4096
# Key of an outcome that has been counted.
_COUNTED = "counted"
# First byte of a payload with handles, which is an array of two.
_WITH_HANDLES = array_head(2)[0]
_TASKS = pack_str("tasks")
_CASTS = (CAST,)
# The packed keys between the values of a task.
_INDEX, _COUNT, _ITEMS = map_head(3) + pack_str("index"), pack_str("count"), pack_str("items")


class PoolJob:
    """`sink` gets the outcomes of all tasks. None: each task has its own result object."""

    def __init__(self, pool, func, mode, sink, options=NONE):
        # The pool keeps its jobs of single calls. If a job kept the pool, a dropped pool and its workers would live
        # until the next search for cycles. So a job keeps its pool only while tasks are open.
        self._pool = weakref.ref(pool)
        self._open_pool = None
        self._timing = pool._timing
        self._session = session = pool._session
        # Without a sink, each call brings its function: the object of a bound method is not kept for other calls.
        self._func, self._mode, self._sink = func if sink is not None else None, mode, sink
        self._foreign = isinstance(func, Target)
        self._packer = CallPacker()
        self._queues = pool._queues
        self._handle = session.mint("job")
        self._myself = weakref.ref(self)
        self._next = 0
        # Two counters, because one that both threads changed would lose updates: submitted items are counted by the
        # submitting threads, items with an outcome by the thread that reads.
        self._submitted = self._settled = 0
        self._results = {}
        self._lock = threading.RLock()
        self._tasks = []
        # Items that contain handles, with their payloads. They must live until the server has the tasks.
        self._kept = []
        self._bytes = 0
        # Message that the server has not answered -> its bytes.
        self._under_way = {}
        # One of them whose answer no task waits for: it may come together with the first result.
        self._cast = None
        self._failure = None
        session.adopt(self._handle)
        target = func.wire() if self._foreign else {**describe(func), "context": pool._context}
        params = {"job": self._handle, "pool": pool._handle, "target": target, "mode": mode}
        if pool._grace_ms is not None:
            params["graceMs"] = pool._grace_ms
        params.update(options.job)
        self._params = Params(field("job", self._handle))
        session.jobs[self._handle] = self
        # Last, here and in what has this job: another thread may handle a refusal before this one goes on.
        session.cast("job/create", pack(params), self._not_made)

    def submit(self, index, items):
        """Adds a task of these items, the first of which is number `index`."""
        self._take_turn()
        try:
            payload = self._encode(items)
        except TooLong:
            half = len(items) // 2
            self.submit(index, items[:half])
            self.submit(index + half, items[half:])
            return
        except Exception as error:
            if is_from_handler(error):
                raise
            self._fail(index, len(items), error)
            return
        self._add(index, len(items), payload, items)

    def _take_turn(self):
        """Sends the tasks that another job has gathered: the tasks of a pool are sent in the order of the calls."""
        pool = self._pool()
        last, pool._submitting = pool._submitting, self._myself
        before = last and last()
        if before is not self and before is not None:
            # Waits for a thread that is sending them.
            before.flush()

    def submit_one(self, func, call, result):
        """Adds a task of one item with its own result. It is sent soon."""
        try:
            payload = self.encode_call(func, call)
        except Exception as error:
            if is_from_handler(error):
                raise
            result.outcome(0, 1, None, error)
            return
        self.submit_encoded(payload, call, result)

    def encode_call(self, func, call):
        """The payload of a task that calls the function once. `call`: its arguments, a tuple and a dict."""
        if self._foreign:
            return self._encode([call])
        if self._queues is not None:
            return with_handles(self._session, lambda: self._queues.packed(Call(func, *call)))
        return with_handles(self._session, lambda: self._packer.pack(func, *call))

    def submit_encoded(self, payload, call, result):
        """The number of the task, for `cancel_one`."""
        self._take_turn()
        with self._lock:
            index = self._next
            self._next += 1
            self._results[index] = result
            self._add(index, 1, payload, call)
            if not self._gathers():
                self.flush()
        return index

    def _encode(self, items):
        most = min(CHUNK_BYTES, self._session.max_payload)
        if self._foreign:
            if self._mode == "apply":
                items = [[list(args), kwargs] for args, kwargs in items]
            elif self._mode == "starmap":
                items = [list(item) for item in items]
            data, handles = encode_apart(self._session, list(items))
            if len(data) > most and len(items) > 1:
                raise TooLong
            return to_wire(self._session, data, handles)
        if self._queues is not None:
            return with_handles(self._session, lambda: self._queued(Calls(self._func, self._mode, list(items)), most))
        return with_handles(self._session, lambda: pack_calls(self._func, self._mode, list(items), most))

    def _queued(self, calls, most):
        packed = self._queues.packed(calls)
        if len(packed) > most and len(calls.items) > 1:
            raise TooLong
        return packed

    def _add(self, index, count, payload, items):
        with self._lock:
            self._submitted += count
            if self._timing is not None:
                self._timing.submitted(self._handle, index)
            # After the count was raised: see `_done`.
            self._open(self._pool())
            self._tasks.append(joined((_INDEX, pack_int(index), _COUNT, pack_int(count), _ITEMS, payload)))
            if payload[0] == _WITH_HANDLES:
                self._kept.append((items, payload))
            self._bytes += len(payload)
            full = self._bytes >= _MAX_BYTES or len(self._tasks) >= _MAX_TASKS
        if self._session.error is not None:
            # The session may have ended before it had this job in `jobs`.
            self._failed(self._session.closed_error())
        elif full:
            self.flush()

    def flush(self):
        """Sends the gathered tasks."""
        with self._lock:
            tasks, size = self._tasks, self._bytes
            if not tasks or self._session.error is not None:
                return
            kept, self._tasks, self._kept, self._bytes = self._kept, [], [], 0
            message = object()
            is_cast = not self._under_way and size < _MAX_BYTES
            if is_cast:
                self._cast = message
            self._under_way[message] = size
            more = _CASTS if is_cast else ()
            packed = self._params.holding(_TASKS, array_head(len(tasks)), *tasks, more=more)
            try:
                answer = self._session.send("job/submit", packed, lambda answer: self._accepted(answer, message))
            except Closed as error:
                self._failed(error)
                return
            wait = len(self._under_way) > _WINDOW_MESSAGES or sum(self._under_way.values()) > _WINDOW_BYTES
            # The tasks were sent. From now on a release of their handles reaches the server after them.
            del kept
        if wait:
            self._session.wait(answer, raises=False)

    def _accepted(self, answer, message):
        self._under_way.pop(message, None)
        if answer.error is not None:
            self._failed(answer.error)
        elif self._tasks and not self._gathers():
            self._session.after(self.flush)

    def _gathers(self):
        """Whether tasks wait for the next message: until the server has answered the last one, unless it was cast."""
        # In this order: an answer that comes in between must not leave tasks behind.
        casts = self._cast in self._under_way
        return len(self._under_way) > casts

    def drop_unsent(self):
        """Drops the tasks that were not sent, because the pool was terminated."""
        with self._lock:
            for _, payload in self._kept:
                forget(self._session, payload)
            self._tasks, self._kept, self._bytes = [], [], 0
            if self._is_open():
                self._failed(Cancelled("the pool was terminated"))

    def cancel_one(self, index):
        if index in self._results and self._session.error is None:
            self.flush()
            self._session.cast("job/cancel", self._params(field("indexes", [index])))

    def cancel(self):
        if self._is_open() and self._session.error is None:
            self.flush()
            self._session.cast("job/cancel", self._params.alone)

    def outcomes(self, entries):
        """Handles `job/results`. Called by the thread that reads."""
        for entry in entries:
            index, count = entry["index"], entry["count"]
            if self._timing is not None:
                self._timing.reported(self._handle, index, count, entry)
            sink = self._sink
            if sink is not None:
                sink.outcome(index, count, entry, None)
                # A signal handler may have the same message handed out again: count it once.
                me = object()
                if entry.setdefault(_COUNTED, me) is me:
                    self._settled += count
                continue
            sink = self._results.get(index)
            if sink is not None:
                sink.outcome(index, count, entry, None)
                self._results.pop(index, None)
        self._done()

    def lost(self, error):
        """The connection has ended."""
        self._failed(error)

    def _not_made(self, error):
        self._session.refused(error, self._handle)
        self._failed(error)

    def _failed(self, error):
        self._failure = error if isinstance(error, Exception) else PolyprocError(str(error))
        if self._sink is not None:
            self._sink.lost(self._failure)
        for index in list(self._results):
            result = self._results.pop(index, None)
            if result is not None:
                result.lost(self._failure)
        self._done()

    def _fail(self, index, count, error):
        """These items failed before they were sent."""
        self._sink.outcome(index, count, None, error)

    def _is_open(self):
        """Whether tasks have no outcome yet."""
        return (
            bool(self._results) or self._sink is not None and self._failure is None and self._settled < self._submitted
        )

    def _done(self):
        """
        Outcomes are not expected any more, unless there are open tasks. Another thread may add one at any moment, so it
        looks twice.
        """
        if self._is_open():
            return
        pool = self._pool()
        if pool is None:
            return
        self._session.jobs.pop(self._handle, None)
        pool._jobs.discard(self)
        self._open_pool = None
        if self._is_open():
            self._open(pool)

    def _open(self, pool):
        self._open_pool = pool
        pool._jobs.add(self)
        self._session.jobs[self._handle] = self

    def __del__(self):
        try:
            self._session.drop(self._handle)
        except Exception:
            # It was never made, or the interpreter is ending.
            pass
