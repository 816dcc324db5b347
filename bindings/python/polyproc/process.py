"""Process, and who runs: current_process, parent_process, active_children."""

import itertools
import os
import threading

from ._processes import current, interrupt, prepare, streams
from ._processes.children import children as _children
from ._processes.describe import describe
from ._processes.lifeline import lifeline
from ._processes.may_start import check_may_start
from ._processes.shown import shown
from ._server.default import default_session
from ._standard.descriptors import spawning
from ._standard.library import lending, tell_authkey
from ._session.params import Params, field, packed_map, waiting
from ._values.msgpack import pack_str
from ._values.payload import PROCESS, blob, call_args, encode, with_handles
from ._values.pickling import dumps_apart
from .targets import Target

_counter = itertools.count(1)


def current_process():
    """The object of the process that asks."""
    return current.process


def parent_process():
    """The process that started this one; None in the program itself."""
    return current.parent


def active_children():
    """The living processes that this one started."""
    started = [child for child in list(_children) if child._session is not None]
    for session in {child._session for child in started}:
        living = {entry["process"] for entry in session.request("process/list", {"scope": "children"})["processes"]}
        for child in started:
            if child._session is session and child._handle not in living:
                child._poll()
    return list(_children)


class BaseProcess:
    """A process: `target(*args, **kwargs)`, or a subclass with `run`."""

    # Class attributes, so that an error can tell a subclass that it did not call __init__.
    _session = None
    _handle = None
    _exitcode = None
    _pid = None
    _closed = False
    _readiness = None
    _ctx = None
    _on_parent_death = None
    _piped = ()
    stdin = stdout = stderr = None

    def __init__(
        self,
        group=None,
        target=None,
        name=None,
        args=(),
        kwargs={},
        *,
        daemon=None,
        on_parent_death=None,
        stdin=None,
        stdout=None,
        stderr=None,
    ):
        assert group is None, "group argument must be None for now"
        if on_parent_death not in (None, "end", "continue"):
            raise ValueError(f"on_parent_death must be 'end' or 'continue'; got {on_parent_death!r}")
        self._on_parent_death = on_parent_death
        self._piped = streams.wanted(target, stdin=stdin, stdout=stdout, stderr=stderr)
        self._identity = current.process._identity + (next(_counter),)
        self._config = dict(current.process._config)
        self._parent_pid = os.getpid()
        self._parent_name = current.process.name
        self._target = target
        self._args = tuple(args)
        self._kwargs = dict(kwargs)
        self._name = name or f"{type(self).__name__}-{':'.join(map(str, self._identity))}"
        if daemon is not None:
            self.daemon = daemon

    def run(self):
        """What the process does; a subclass may override it."""
        if self._target:
            self._target(*self._args, **self._kwargs)

    def start(self):
        """
        Starts the process. Returns once it runs.

        Raises AssertionError if it was started before, and SpawnFailed if the system cannot start it.
        """
        session, handle, params = self._start_request()
        try:
            started = session.wait(session.send("process/start", params))
        except BaseException:
            self._not_started(session, handle)
            raise
        self._has_started(session, handle, started)

    def _start_request(self):
        """The session, the process's handle, and the parameters of its start."""
        self._check_closed()
        assert self._session is None, "cannot start a process twice"
        assert self._parent_pid == os.getpid(), "can only start a process object created by current process"
        check_may_start()
        session = self._ctx._session() if self._ctx is not None else default_session()
        handle = session.mint("process")
        env = None
        if isinstance(self._target, Target):
            target = self._target.wire()
            args = encode(session, [list(self._args), self._kwargs])
        else:
            target = self._wire_target(session)
            # In one go with what is sent: a child that was started has its references.
            parent = lifeline(session)
            with spawning():
                args = with_handles(
                    session,
                    lambda: call_args(blob(PROCESS, dumps_apart((self, parent, self._config.get("authkey"))))),
                )
            if prepare.executable is not None:
                env = {"POLYPROC_EXECUTABLE": prepare.executable}
        params = [
            field("process", handle),
            field("target", target),
            field("name", self._name),
            field("daemon", self.daemon),
            pack_str("args") + args,
        ]
        if self._on_parent_death is not None:
            params.append(field("onParentDeath", self._on_parent_death))
        if env is not None:
            params.append(field("env", env))
        if self._piped:
            params.append(field("streams", list(self._piped)))
        session.adopt(handle)
        return session, handle, packed_map(params)

    @staticmethod
    def _not_started(session, handle):
        session.forget(handle)
        session.drop(handle)

    def _has_started(self, session, handle, started):
        self._session, self._handle, self._pid = session, handle, started["pid"]
        self._params = Params(field("process", handle))
        for piped in self._piped:
            setattr(self, piped, streams.open_stream(self, piped))
        _children[self] = True
        # As in multiprocessing: what was handed over need not be kept here.
        self._target = self._args = self._kwargs = None
        del self._target, self._args, self._kwargs

    def _wire_target(self, session):
        target = self._target if type(self).run is BaseProcess.run and self._target is not None else type(self)
        return {**describe(target), "context": prepare.context_of(self._name, session)}

    def terminate(self):
        """SIGTERM to the process and its descendants."""
        self._check_started()
        self._tell("process/terminate")

    def interrupt(self):
        """SIGINT to the process itself. OSError if its server may be on another machine."""
        self._check_started()
        interrupt.interrupt(self)

    def kill(self):
        """SIGKILL to the process and its descendants."""
        self._check_started()
        self._tell("process/kill")

    def _tell(self, method):
        if self._exitcode is None:
            self._session.wait(self._session.send(method, self._params.alone))

    def join(self, timeout=None):
        """
        Waits until the process has ended and all of its output was copied.

        `timeout`: seconds to wait; None (the default) waits without a limit. Afterwards `exitcode` is None if it still
        runs.
        Raises AssertionError in a process that is not its parent, and before the start.
        """
        self._check_closed()
        assert self._parent_pid == os.getpid(), "can only join a child process"
        assert self._session is not None, "can only join a started process"
        if self._exitcode is None:
            self._poll(timeout)

    def _poll(self, timeout=0):
        self._joined(self._session.wait(self._session.send("process/join", self._params(*waiting(True, timeout)))))

    def _joined(self, result):
        if result["exited"]:
            self._exitcode = int(result["exitCode"])
            _children.pop(self, None)

    def is_alive(self):
        """Returns True from the start of the process to its end."""
        self._check_closed()
        if self is current.process:
            return True
        assert self._parent_pid == os.getpid(), "can only test a child process"
        if self._session is None:
            return False
        if self._exitcode is None:
            self._poll()
        return self._exitcode is None

    def close(self):
        """Lets go of a process that has ended; ValueError while it runs."""
        if self._closed:
            return
        if self._session is not None:
            if self._exitcode is None:
                self._poll()
            if self._exitcode is None:
                raise ValueError(
                    "Cannot close a process while it is still running. You should first call join() or terminate()."
                )
            self._release()
            _children.pop(self, None)
            self._pid = None
        self._closed = True

    def _release(self):
        if self._readiness is not None:
            self._readiness.close()
            self._readiness = None
        session, self._session = self._session, None
        if session is not None:
            session.drop(self._handle)

    def __del__(self):
        try:
            self._release()
        except Exception:
            # The interpreter is ending.
            pass

    @property
    def name(self):
        """The name, for display. Default: `Process-1`, `Process-1:2` …"""
        return self._name

    @name.setter
    def name(self, name):
        assert isinstance(name, str), "name must be a string"
        self._name = name

    @property
    def daemon(self):
        """Whether it ends with its parent."""
        return self._config.get("daemon", False)

    @daemon.setter
    def daemon(self, daemonic):
        assert self._session is None, "process has already started"
        self._config["daemon"] = bool(daemonic)

    @property
    def authkey(self):
        """Kept for programs that use it: 32 bytes, which children get from their parent."""
        return self._config["authkey"]

    @authkey.setter
    def authkey(self, authkey):
        self._config["authkey"] = bytes(authkey)
        if self is current.process:
            tell_authkey(self._config["authkey"])

    @property
    def exitcode(self):
        """None while it runs or was not started; −N when signal N ended it."""
        self._check_closed()
        if self._session is not None and self._exitcode is None and self is not current.process:
            self._poll()
        return self._exitcode

    @property
    def ident(self):
        """The process id; None before the start."""
        self._check_closed()
        return os.getpid() if self is current.process else self._pid

    pid = ident

    @property
    def sentinel(self):
        """A file descriptor that can be read once the process has ended: for `connection.wait` and `select`."""
        self._check_closed()
        if self._session is None:
            raise ValueError("process not started")
        if self._readiness is None:
            from ._session.readiness import ExitReadiness

            self._readiness = ExitReadiness(self._session, self._params.alone)
        return self._readiness.fileno()

    def _check_closed(self):
        if self._closed:
            raise ValueError("process object is closed")

    def _check_started(self):
        self._check_closed()
        if self._session is None:
            raise ValueError("process not started")

    def __getstate__(self):
        # A child that is started gets the program's key beside its process.
        state = {**self.__dict__, "_config": {**self._config, "authkey": None}}
        for runtime in ("_session", "_handle", "_readiness", "_params", "_pid", "_ctx", *self._piped):
            state.pop(runtime, None)
        return state

    def __repr__(self):
        return shown(self, self is current.process)


class Process(BaseProcess):
    """
    A process that runs `target(*args, **kwargs)`, or the method `run` of a subclass.

    `name`: for display; default: `Process-1` and so on.
    `daemon`: whether it is ended with its parent; default: as the parent is.
    `on_parent_death`: "continue": it goes on if its parent dies; "end" and None (the default): it ends.
    `stdin`, `stdout`, `stderr`: of a command (`targets.command`): `subprocess.PIPE` makes the attribute of that name a
    binary file, as in `subprocess.Popen`. Read `stdout` to its end before `join`: a program that is not read is
    blocked. None (the default): the input is empty, and the output is copied to this process's own.
    """


class _MainProcess(BaseProcess):
    def __init__(self, name="MainProcess"):
        self._identity = ()
        self._name = name
        self._parent_pid = None
        self._parent_name = None
        self._config = {"authkey": os.urandom(32)}

    def close(self):
        pass


class _ParentProcess(BaseProcess):
    def __init__(self, name, pid, lifeline):
        self._identity = ()
        self._name = name
        self._pid = pid
        self._parent_pid = None
        self._config = {}
        self._lifeline = lifeline

    def is_alive(self):
        return not self._gone(0)

    def join(self, timeout=None):
        """Waits until the parent has gone."""
        self._gone(timeout)

    def _gone(self, timeout):
        return self._lifeline is not None and self._lifeline.poll(timeout)

    @property
    def sentinel(self):
        return self._lifeline.fileno()


current.process = _MainProcess()
tell_authkey(current.process.authkey)


def become(process, lifeline=None, parent_pid=None, parent_name=None):
    """In a child: it is this process from now on."""
    global _counter
    authkey = process._config.get("authkey") or current.process._config["authkey"]
    process._config = {**process._config, "authkey": authkey}
    current.process = process
    tell_authkey(authkey)
    current.parent = _ParentProcess(parent_name or process._parent_name, parent_pid or process._parent_pid, lifeline)
    _counter = itertools.count(1)
    _children.clear()
    threading.current_thread().name = "MainThread"


__getattr__ = lending("process", "AuthenticationString", "ORIGINAL_DIR")

__all__ = ["BaseProcess", "Process", "current_process", "active_children", "parent_process"]
