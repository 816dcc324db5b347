"""Contexts: the names of the package for one server."""

import os

from . import _handles, process  # noqa: F401
from ._errors import AuthenticationError, BufferTooShort, ProcessError, TimeoutError
from ._processes import current, log, prepare
from ._standard import descriptors  # noqa: F401
from ._standard.library import lending
from ._values.payload import is_encoding
from .host.frozen import freeze_support

_FORK = (
    "cannot find context for {0!r}: Polyproc's children are fresh processes that the server starts, as with 'spawn'; "
    "'{0}' would copy this process with its connection"
)


class BaseContext:
    """Objects of one session. The default one begins with the first object that is made."""

    ProcessError = ProcessError
    BufferTooShort = BufferTooShort
    TimeoutError = TimeoutError
    AuthenticationError = AuthenticationError

    def __init__(self, session=None):
        self._own_session = session

    def _makes_own_processes(self):
        """Whether it may have a class of processes that is not the package's."""
        return type(self) not in (BaseContext, DefaultContext, SpawnContext)

    def _session(self):
        if self._own_session is not None:
            return self._own_session
        from ._server.default import default_session

        return default_session()

    current_process = staticmethod(process.current_process)
    parent_process = staticmethod(process.parent_process)
    active_children = staticmethod(process.active_children)

    # Below, imports in methods rather than at the top, so that a worker loads what it needs.

    def cpu_count(self):
        """The number of CPUs of this machine."""
        count = os.cpu_count()
        if count is None:
            raise NotImplementedError("cannot determine number of cpus")
        return count

    def Manager(self):
        """A manager: values, lists, dicts and namespaces that processes share."""
        from .managers import SyncManager

        manager = SyncManager(ctx=self)
        manager.start()
        return manager

    def Pipe(self, duplex=True):
        """Two ends of a pipe."""
        from .connection import Pipe

        return Pipe(duplex, ctx=self)

    def Lock(self, *, name=None, cluster=None):
        """Makes a lock, see `synchronize.Lock`. `name`: programs on the same server share it by this name."""
        from .synchronize import Lock

        return Lock(ctx=self, name=name, cluster=cluster)

    def RLock(self, *, name=None):
        """
        Makes a recursive lock, see `synchronize.RLock`. `name`: programs on the same server share it by this name.
        """
        from .synchronize import RLock

        return RLock(ctx=self, name=name)

    def Condition(self, lock=None, *, name=None):
        """
        Makes a condition, see `synchronize.Condition`. `lock`: default: an RLock of its own. `name`: programs on the
        same server share it by this name.
        """
        from .synchronize import Condition

        return Condition(lock, ctx=self, name=name)

    def Semaphore(self, value=1, *, name=None, cluster=None):
        """
        Makes a semaphore with `value` permits (default 1), see `synchronize.Semaphore`. `name`: programs on the same
        server share it by this name.
        """
        from .synchronize import Semaphore

        return Semaphore(value, ctx=self, name=name, cluster=cluster)

    def BoundedSemaphore(self, value=1, *, name=None, cluster=None):
        """
        Makes a semaphore that never has more than `value` permits (default 1). `name`: programs on the same server
        share it by this name.
        """
        from .synchronize import BoundedSemaphore

        return BoundedSemaphore(value, ctx=self, name=name, cluster=cluster)

    def Event(self, *, name=None):
        """Makes an event, see `synchronize.Event`. `name`: programs on the same server share it by this name."""
        from .synchronize import Event

        return Event(ctx=self, name=name)

    def Barrier(self, parties, action=None, timeout=None, *, name=None):
        """
        Makes a barrier for `parties`, see `synchronize.Barrier`. `timeout`: seconds; default: none. `name`: programs on
        the same server share it by this name.
        """
        from .synchronize import Barrier

        return Barrier(parties, action, timeout, ctx=self, name=name)

    def Queue(self, maxsize=0, *, name=None, cluster=None):
        """
        Makes a queue. `maxsize`: most items; 0 (the default): no limit. `name`: programs on the same server share it by
        this name.
        """
        from .queues import Queue

        return Queue(maxsize, ctx=self, name=name, cluster=cluster)

    def JoinableQueue(self, maxsize=0, *, name=None, cluster=None):
        """
        Makes a queue with `task_done` and `join`. `maxsize`: most items; 0 (the default): no limit. `name`: programs on
        the same server share it by this name.
        """
        from .queues import JoinableQueue

        return JoinableQueue(maxsize, ctx=self, name=name, cluster=cluster)

    def SimpleQueue(self, *, name=None):
        """
        Makes a queue with `put`, `get` and `empty` only. `name`: programs on the same server share it by this name.
        """
        from .queues import SimpleQueue

        return SimpleQueue(ctx=self, name=name)

    def Pool(self, processes=None, initializer=None, initargs=(), maxtasksperchild=None, **options):
        """Makes a pool, see `pool.Pool`. `processes`: most workers; default: the number of CPUs."""
        from .pool import Pool

        return Pool(processes, initializer, initargs, maxtasksperchild, context=self, **options)

    def Process(self, *args, **kwargs):
        """Makes a process of this context, see `process.Process`."""
        made = process.Process(*args, **kwargs)
        made._ctx = self
        return made

    def RawValue(self, typecode_or_type, *args):
        """
        Makes a ctypes object in shared memory, without a lock. `typecode_or_type`: as of `array`, or a ctypes type.
        """
        from .sharedctypes import RawValue

        return RawValue(typecode_or_type, *args, ctx=self)

    def RawArray(self, typecode_or_type, size_or_initializer):
        """Makes a ctypes array in shared memory, without a lock. The second argument: a length, or the items."""
        from .sharedctypes import RawArray

        return RawArray(typecode_or_type, size_or_initializer, ctx=self)

    def Value(self, typecode_or_type, *args, lock=True):
        """Makes a ctypes object in shared memory. `lock`: True (the default) makes a lock; a lock; False: none."""
        from .sharedctypes import Value

        return Value(typecode_or_type, *args, lock=lock, ctx=self)

    def Array(self, typecode_or_type, size_or_initializer, *, lock=True):
        """Makes a ctypes array in shared memory. `lock`: True (the default) makes a lock; a lock; False: none."""
        from .sharedctypes import Array

        return Array(typecode_or_type, size_or_initializer, lock=lock, ctx=self)

    def freeze_support(self):
        """For frozen programs: a worker of one begins as the program does, and goes no further than here."""
        freeze_support()

    def set_executable(self, executable):
        """The interpreter of processes that are started from now on."""
        prepare.set_executable(executable)

    def get_context(self, method=None):
        """A context: `None` and 'spawn' are the only methods there are."""
        check_method(method)
        return self

    def get_start_method(self, allow_none=False):
        """Returns "spawn", which is the only one."""
        return "spawn"

    def set_start_method(self, method, force=False):
        """Accepts 'spawn' (and None), which is what Polyproc does; explains why not the others."""
        check_method(method)

    def get_all_start_methods(self):
        """Returns ["spawn"]."""
        return ["spawn"]

    def set_forkserver_preload(self, module_names):
        """Nothing to do: there is no fork server. Warm workers take its place."""

    def allow_connection_pickling(self):
        """Nothing to do: connections can be sent."""

    @property
    def reducer(self):
        """The module `reduction`. Its `register` says how objects of a type are pickled; it cannot be replaced."""
        from . import reduction

        return reduction

    def get_logger(self):
        """The logger of the package."""
        return log.get_logger()

    def log_to_stderr(self, level=None):
        """Lets the logger of the package write to standard error, here and in children that are started from now on."""
        return log.log_to_stderr(level)

    def close(self):
        """Ends a session that `connect` made: daemonic children are ended, the others waited for."""
        if self._own_session is not None:
            self._own_session.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class DefaultContext(BaseContext):
    """The context of the package's own names."""

    @property
    def Process(self):
        """The class `Process`."""
        return process.Process

    def get_context(self, method=None):
        """A context whose start method is fixed: `None` and 'spawn' are the only methods there are."""
        check_method(method)
        return _spawn_context


class ForkProcess(process.BaseProcess):
    """Kept for programs that name it. It cannot be started."""

    _start_method = "fork"

    def start(self):
        """Raises ValueError: there is no `fork`."""
        check_method(self._start_method)


class ForkServerProcess(ForkProcess):
    """Kept for programs that name it. It cannot be started."""

    _start_method = "forkserver"


class SpawnProcess(process.Process):
    """What a `SpawnContext` starts."""

    _start_method = "spawn"


class SpawnContext(BaseContext):
    """The context that `get_context("spawn")` returns."""

    _name = "spawn"

    @property
    def Process(self):
        """The class `SpawnProcess`."""
        return SpawnProcess

    def set_start_method(self, method, force=False):
        """Raises ValueError: the start method of this context is fixed."""
        raise ValueError("cannot set start method of concrete context")


class ForkContext(BaseContext):
    """Kept for programs that name it. There is no such context: making one raises ValueError."""

    _name = "fork"

    def __init__(self):
        check_method(self._name)


class ForkServerContext(ForkContext):
    """Kept for programs that name it. There is no such context: making one raises ValueError."""

    _name = "forkserver"


def assert_spawning(obj):
    """
    For `__getstate__`: raises RuntimeError unless the object is being sent to another process, by Polyproc.
    """
    if not is_encoding():
        raise RuntimeError(f"{type(obj).__name__} objects can be sent to other processes by Polyproc, but not pickled")


def check_method(method):
    """Raises ValueError unless the start method is "spawn" or None."""
    if method in (None, "spawn"):
        return
    if method in ("fork", "forkserver"):
        raise ValueError(_FORK.format(method))
    raise ValueError(f"cannot find context for {method!r}")


# What objects of the standard library ask for while they are pickled for a new process.
__getattr__ = lending("context", "get_spawning_popen", "set_spawning_popen")
Process = process.Process
default_context = current.default_context = DefaultContext()
_spawn_context = SpawnContext()


def connect(address, token=None, *, trust_blobs=None):
    """
    A session of its own with a running server (`polyproc serve`): `unix:PATH`, `tcp:HOST:PORT` or `tls:HOST:PORT`. What
    it makes belongs to that server; what children write stays there. ConnectionError when no program listens there, or
    what listens does not answer within 30 seconds.

    `trust_blobs`: whether to open pickled values of other clients' process trees, which runs whatever they say. When it
    is false, such a value raises UntrustedBlob; plain data comes as ever. Default: POLYPROC_TRUST_BLOBS, else true for
    a Unix socket and false for `tcp:` and `tls:`.
    """
    from ._server.server import connect_to

    return BaseContext(connect_to(address, token, trust_blobs))
