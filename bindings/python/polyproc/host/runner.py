"""The tasks of this host. They run one at a time, in the server's order."""

import atexit
import os
import signal
import sys
import threading
from _thread import allocate_lock, get_ident
from time import perf_counter

from .. import process
from .._errors import Closed, error_to_wire
from .._pools.pool_calls import Call, Calls
from .._processes import current
from .._session import stops
from .._session.answer import wake
from .._values.failure import failure_of
from .._values.msgpack import pack, pack_bin
from .._values.payload import decode
from .child import Spawned, bootstrap
from .output import capture
from .reports import Reports
from .targets import Targets, load
from .tasks import TaskList, Wait

# Shortest time between two partial reports of a task, in seconds, unless the server wants each item's. (In Node's
# binding 1 ms. Here a report costs some 50 µs, so more of them would slow down short functions.)
_PART_EVERY = 0.02
# Most items that run before the clock is read again.
_MAX_STRIDE = 512


class Runner:
    def __init__(self, session, channels):
        self.session = session
        self._targets = Targets()
        self._list = TaskList(channels, self._targets.has)
        self._reports = Reports(session)
        self._initializer = None
        self._once = False
        self._retiring = False
        self._spoiled = False
        if channels:
            self._bell = Wait(self._list)
        else:
            self._bell = allocate_lock()
            self._bell.acquire()
        self._flush_output = lambda: None
        session.task_thread = get_ident()
        session.listeners["worker/run"] = self._accept
        session.listeners["worker/cancel"] = lambda params: stops.stop(session, params)
        session.listeners["worker/exit"] = self._retire

    def serve(self):
        """Runs tasks until the host is to end. Does not return."""
        while True:
            try:
                self.session.wire.also = self._bell if self._list.has_channel else None
                self.session.wait_until(self._has_work, self._bell, None)
                self.session.wire.also = None
            except Closed:
                # The connection to the server has ended: no result is wanted any more.
                os._exit(0)
            if self._initializer is not None:
                self._initialize()
            while not self._spoiled:
                task = self._list.next()
                if task is None:
                    break
                self.session.task = task
                if self._once:
                    self._run_process(task)
                self._run(task)
                self.session.task = None
            if self._retiring and self._list.is_empty():
                self._end(0)

    def _has_work(self):
        return self._retiring or self._initializer is not None or self._list.is_ready()

    # What the server tells.

    def _accept(self, params):
        identity = params.get("identity")
        if identity is not None:
            self._identify(identity)
        for entry in params.get("targets", ()):
            self._targets.add(entry["id"], entry["target"])
        if params.get("once"):
            self._once = True
            # The only task comes without a packet.
            self._list.has_channel = False
        if params.get("initializer") is not None:
            self._initializer = params["initializer"]
        self._list.add(params["tasks"])
        wake(self._bell)

    def _retire(self, params):
        self._retiring = True
        self._list.look_again()
        wake(self._bell)

    def _identify(self, identity):
        self._flush_output = capture(self.session)
        worker = process.Process.__new__(process.Process)
        worker._identity = (0,)
        worker._config = {"daemon": identity["daemon"]}
        worker._name = identity["name"]
        worker._parent_pid, worker._parent_name = identity["parentPid"], identity["parentName"]
        process.become(worker)

    # The one task of a process.

    def _run_process(self, task):
        signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            self._targets.prepare(task["target"])
            args, kwargs = decode(self.session, task["items"])[0]
            if len(args) == 1 and type(args[0]) is Spawned:
                child, lifeline = args[0].process, args[0].lifeline
                args = None
                process.become(child, lifeline)
            else:
                child = current.process
                child._target, child._args, child._kwargs = self._targets.get(task["target"]), args, kwargs
        except BaseException as error:
            code = bootstrap(_Raise(error))
        else:
            task["items"] = args = kwargs = None
            code = bootstrap(child)
        failure = error_to_wire("TaskFailed", f"exit code {code}") if code else None
        self._reports.result(task, 0, 1, failure=failure, values=None if failure else pack_bin(pack([None])))
        self._end(code)

    # The tasks of a pool.

    def _initialize(self):
        initializer, self._initializer = self._initializer, None
        try:
            target = initializer["target"]
            from .._processes import prepare

            prepare.apply(target.get("context"))
            args, kwargs = decode(self.session, initializer["args"]) if "args" in initializer else ([], {})
            if len(args) == 1 and type(args[0]) is Calls:
                function, arguments = args[0].function, args[0].items
                function(*arguments)
            else:
                load(target)(*args, **kwargs)
        except BaseException as error:
            # A worker that was not prepared must not run anything.
            self._spoiled = True
            self._list.add([])
            self.session.notify("worker/initialized", {"error": failure_of(error, True)})
            return
        self.session.notify("worker/initialized", {})

    def _run(self, task):
        begin = task.get("from", 0)
        end = task.get("to", task["count"])
        number = task["target"]
        try:
            fresh = self._targets.prepare(number)
            items = task.pop("items")
            if not fresh and not self._targets.is_loaded(number):
                fresh = True
            items = decode(self.session, items)
            if type(items) is Call:
                self._run_call(task, begin, items)
                return
            if type(items) is Calls:
                for_python = True
                call = items.caller()
                items = items.items
                fresh = False
            else:
                for_python = False
                call = _caller(task["mode"], self._targets.get(number))
                if not isinstance(items, list):
                    raise TypeError("a task's items must be a list")
            if fresh:
                # The task's time begins now: loading its module was not its own doing.
                self._reports.part(task, begin, 0, begin)
        except BaseException as error:
            self._reports.result(task, begin, end - begin, failure=failure_of(error, True, unopened=True))
            return
        if end - begin == 1:
            self._run_one(task, begin, call, items[begin], for_python)
        else:
            self._run_many(task, begin, end, call, items, for_python)

    def _run_one(self, task, at, call, item, for_python):
        self._run_call(task, at, Call(call, (item,), {}), for_python)

    def _run_call(self, task, at, call, for_python=True):
        began = perf_counter()
        try:
            value = call.function(*call.args, **call.kwargs)
        except BaseException as error:
            self._flush_output()
            self._reports.result(task, at, 1, failure=failure_of(error, for_python), ms=_since(began))
            return
        ms = _since(began)
        self._flush_output()
        self._reports.value(task, at, value, for_python, ms)

    def _run_many(self, task, at, end, call, items, for_python):
        exact = task.get("exact", False)
        values = task["untold"] = []
        began = told = perf_counter()
        stride = 1
        told_at = at
        while at < end:
            if "stop" in task or "stopped" in task:
                if stops.reason(task) == "Cancelled":
                    # The items after the one that ran are not begun.
                    self._flush_output()
                    if values:
                        self._reports.values(task, told_at, values, for_python, _since(began), at)
                    self._reports.result(task, at, end - at, failure=stops.NOT_BEGUN)
                    return
                task.pop("stopped", None)
            stop = at + 1 if exact else min(end, at + stride)
            try:
                # What came before an exception is there.
                values.extend(map(call, items[at:stop]))
                # Not kept longer than it is needed.
                items[at:stop] = [None] * (stop - at)
                at = stop
            except BaseException as error:
                at = told_at + len(values)
                self._flush_output()
                if values:
                    self._reports.values(task, told_at, values, for_python, _since(began), at)
                    began = perf_counter()
                failure = failure_of(error, for_python)
                values, told_at, at = [], at + 1, at + 1
                task["untold"] = values
                if at == end:
                    self._reports.result(task, at - 1, 1, failure=failure, ms=_since(began))
                    return
                self._reports.part(task, at - 1, 1, at, failure=failure, ms=_since(began))
                began = told = perf_counter()
                continue
            now = perf_counter()
            if at < end and (exact or now - told > _PART_EVERY or "stopped" in task):
                self._flush_output()
                self._reports.values(task, told_at, values, for_python, _since(began), at)
                values, told_at = [], at
                task["untold"] = values
                if now - told > _PART_EVERY:
                    # These items took long: the rest of the task may have been cancelled.
                    self.session.drain()
                began = told = perf_counter()
            elif stride < _MAX_STRIDE and now - told < _PART_EVERY / 8:
                stride *= 2
        self._flush_output()
        self._reports.values(task, told_at, values, for_python, _since(began), None)

    def _end(self, code):
        """
        Ends the process in an orderly way: as multiprocessing's children do, without tearing the interpreter down.
        """
        try:
            threading._shutdown()
            atexit._run_exitfuncs()
        except BaseException:
            sys.excepthook(*sys.exc_info())
        self._flush_output()
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except Exception:
                # The program closed or replaced it.
                pass
        self.session.last_thread = threading.get_ident()
        self.session.close()
        os._exit(code & 0xFF)


class _Raise:
    """In place of a process that could not be made."""

    def __init__(self, error):
        self._error = error
        self.name = current.process.name

    def run(self):
        raise self._error


def _since(began):
    return round((perf_counter() - began) * 1000, 3)


def _caller(mode, function):
    if mode == "map":
        return lambda item: _finished(function(item))
    if mode == "starmap":
        return lambda item: _finished(function(*item))

    def call(item):
        args, kwargs = (item + [None, None])[:2]
        return _finished(function(*(args or ()), **(kwargs or {})))

    return call


def _finished(value):
    """A coroutine is run to its end."""
    if hasattr(value, "__await__"):
        from .coroutines import run_to_end

        return run_to_end(value)
    return value
