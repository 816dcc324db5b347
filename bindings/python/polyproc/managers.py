"""Manager: values, lists, dicts and namespaces that live in a process of their own and are shared by proxies."""

from . import managed
from ._errors import ManagerLost, ProcessError, TimeoutError
from ._managers import remote
from ._managers.caller import caller_of, forget_caller, keep_caller
from ._managers.proxies import (
    ArrayProxy,
    AutoProxy,
    BaseProxy,
    DictProxy,
    IteratorProxy,
    ListProxy,
    MakeProxyType,
    NamespaceProxy,
    RemoteError,
    SetProxy,
    ValueProxy,
    auto_type,
)
from ._server import at_exit  # noqa: F401
from ._standard.library import lending
from .context import default_context
from .managed import Kept, Namespace
from .pool import Pool

# Proxies whose methods wait, so that each call needs a thread of the manager.
THREADED = ("AcquirerProxy", "BarrierProxy", "BasePoolProxy", "ConditionProxy", "EventProxy", "PoolProxy")
# Least number of new objects of a manager between two searches for objects without references.
_SWEEP_AT_LEAST = 100


class BaseManager:
    """
    Objects that live in one worker process, which does one thing after the other. `register` says which kinds of them
    there are.
    """

    _registry = {}
    # Whether it has the types of SyncManager, beside those that are registered.
    _sync = False
    _process = None

    def __init__(self, address=None, authkey=None, serializer="pickle", ctx=None, *, shutdown_timeout=1.0):
        self._ctx = ctx or default_context
        self._place = address, authkey, serializer, shutdown_timeout
        # The standard library's manager, if other programs are to connect to this one.
        self._standard = None
        if address is not None or serializer != "pickle":
            self._have_address()
        self._pool = None
        self._ended = False
        self._made = 0
        self._swept = 0

    @classmethod
    def register(cls, typeid, callable=None, proxytype=None, exposed=None, method_to_typeid=None, create_method=True):
        """
        Gives managers of this class a method of this name: it calls `callable` in the manager's process, and returns a
        proxy of what that returns. `exposed`: the proxy's methods; default: those of `proxytype`, else the public ones.
        """
        if "_registry" not in cls.__dict__:
            cls._registry = dict(cls._registry)
        cls._registry[typeid] = (
            callable,
            proxytype,
            exposed or getattr(proxytype, "_exposed_", None),
            method_to_typeid or getattr(proxytype, "_method_to_typeid_", {}),
        )
        if create_method:

            def make(self, /, *args, **kwds):
                if self._standard is not None:
                    return getattr(self._standard, typeid)(*args, **kwds)
                return self._make(typeid, managed.make, (cls._registry[typeid][0], args, kwds))

            make.__name__ = typeid
            setattr(cls, typeid, make)

    @property
    def address(self):
        """Where programs `connect` to this manager. None: it was made without an address."""
        return self._standard.address if self._standard is not None else None

    def get_server(self):
        """Returns a server with `serve_forever`, for a manager whose objects live in this process."""
        if self._pool is not None:
            raise ProcessError("Already started server")
        return self._have_address().get_server()

    def connect(self):
        """Connects to the manager of another program, at the address that this one was made with."""
        if self._place[0] is None:
            raise ValueError("this manager has no address to connect to: give that of the other program's manager")
        self._standard.connect()

    def _have_address(self):
        if self._standard is None:
            self._standard = remote.standard_manager(self._registry, self._sync, self._place, self._ctx)
        return self._standard

    def start(self, initializer=None, initargs=()):
        """Starts the manager's process, which calls `initializer(*initargs)` first. `Manager()` has done it."""
        if self._pool is None and remote.needs_threads(self._registry):
            self._have_address()
        if self._standard is not None:
            self._process = remote.start(self._standard, self, self._sync, initializer, initargs)
            return
        if self._ended:
            raise ProcessError("Manager has shut down")
        if self._pool is not None:
            raise ProcessError("Already started server")
        self._pool = Pool(1, initializer, initargs, context=self._ctx)
        keep_caller(self._pool)
        # A manager that cannot start says so here.
        self._ask(managed.sweep)
        # Remembered: the pool lists no workers that have ended.
        self._process = self._pool._pool[0]

    def shutdown(self):
        """Ends the manager's process, and its objects with it."""
        if self._standard is not None:
            self._standard.shutdown()
            return
        pool, self._pool, self._ended = self._pool, None, True
        if pool is not None:
            forget_caller(pool)
            pool.terminate()

    def join(self, timeout=None):
        """Waits until the manager's process has ended, which it has when `shutdown` returns."""
        if self._standard is not None:
            self._standard.join(timeout)

    def _make(self, typeid, function, args):
        """Calls the function, which keeps an object by the token that comes first, and returns a proxy of it."""
        _, kind, exposed, kept = self._registry[typeid]
        token = Kept(self._running()._session)
        public = self._ask(function, (token, *args))
        if kind is None or kind is AutoProxy:
            kind = auto_type(typeid, tuple(exposed or public))
        proxy = self._proxy_of(token, kind)
        proxy._kept = kept
        proxy._manager = self
        return proxy

    def _create(self, kind, typeid, *args, **kwds):
        if self._standard is not None:
            return getattr(self._standard, typeid)(*args, **kwds)
        token = Kept(self._running()._session)
        self._ask(managed.create, (token, typeid, args, kwds))
        return self._proxy_of(token, kind)

    def _running(self):
        if self._pool is None:
            raise AssertionError("server has been shut down" if self._ended else "server not yet started")
        return self._pool

    def _proxy_of(self, token, kind):
        proxy = kind.__new__(kind)
        proxy._adopt(self._pool._session, token.handle)
        proxy._set_state(self._pool._handle)
        self._made += 1
        if self._made - self._swept > max(_SWEEP_AT_LEAST, self._swept):
            self._swept = self._number_of_objects()
            self._made = self._swept
        return proxy

    def _number_of_objects(self):
        """Number of objects that are referred to. Releases the others."""
        return self._ask(managed.sweep)

    def _debug_info(self):
        return self._ask(managed.describe)

    def _ask(self, function, args=()):
        pool = self._running()
        return caller_of(pool._session, pool._handle)(function, args)

    def __enter__(self):
        if self._standard is not None:
            if self._standard._state.value == self._standard._state.INITIAL:
                self.start()
        elif self._pool is None:
            self.start()
        return self

    def __exit__(self, *_):
        self.shutdown()


def _of_server(name):
    """A method that makes an object of the server: of the manager only if it has an address."""

    def make(self, *args, **kwds):
        return getattr(self._standard or self._ctx, name)(*args, **kwds)

    make.__name__ = name
    make.__qualname__ = f"SyncManager.{name}"
    make.__doc__ = f"Makes a `synchronize.{name}`, with its arguments. It belongs to the server, not to the manager."
    return make


class SyncManager(BaseManager):
    """
    `list`, `dict`, `Namespace`, `Value` and `Array` live in the manager's process. Locks, queues and the like are the
    server's own.
    """

    _sync = True

    def list(self, *args):
        """Makes a list in the manager's process, of these items. Returns its proxy."""
        return self._create(ListProxy, "list", *args)

    def dict(self, *args, **kwds):
        """Makes a dict in the manager's process, with the arguments of `dict`. Returns its proxy."""
        return self._create(DictProxy, "dict", *args, **kwds)

    def set(self, *args):
        """Makes a set in the manager's process, of these items. Returns its proxy."""
        return self._create(SetProxy, "set", *args)

    def Namespace(self, **kwds):
        """Makes a namespace in the manager's process, with these attributes. Returns its proxy."""
        return self._create(NamespaceProxy, "Namespace", **kwds)

    def Value(self, typecode, value, lock=True):
        """Makes a value in the manager's process. `typecode` and `lock` are kept for multiprocessing's sake."""
        return self._create(ValueProxy, "Value", typecode, value)

    def Array(self, typecode, sequence, lock=True):
        """Makes an array in the manager's process, with a typecode of `array`. Returns its proxy."""
        return self._create(ArrayProxy, "Array", typecode, sequence)

    def Pool(self, *args, **kwds):
        """Makes a pool; see `pool.Pool`. It belongs to the server, not to the manager."""
        if self._standard is not None:
            return self._standard.Pool(*args, **kwds)
        return self._ctx.Pool(*args, **kwds)

    def Queue(self, *args, **kwds):
        """Makes a queue that can be joined. `maxsize`: most items; 0 (the default): no limit."""
        if self._standard is not None:
            return self._standard.Queue(*args, **kwds)
        # As queue.Queue, which is what the standard library's managers have, it can be joined.
        return self._ctx.JoinableQueue(*args, **kwds)

    JoinableQueue = Queue

    Lock = _of_server("Lock")
    RLock = _of_server("RLock")
    Semaphore = _of_server("Semaphore")
    BoundedSemaphore = _of_server("BoundedSemaphore")
    Condition = _of_server("Condition")
    Event = _of_server("Event")
    Barrier = _of_server("Barrier")


class SharedMemoryManager(BaseManager):
    """
    Makes shared memory, and unlinks it when it is shut down. The server holds the memory, so there is no process.
    """

    def __init__(self, *args, **kwds):
        super().__init__(*args, **kwds)
        if self._standard is not None:
            raise ValueError("a SharedMemoryManager has no address: programs share memory by its name")
        # None: it was not started, or was shut down.
        self._memories = None

    def start(self, initializer=None, initargs=()):
        """From now on there can be memory. `initializer(*initargs)` is called here: there is no process."""
        if self._ended:
            raise ProcessError("SharedMemoryManager has shut down")
        if self._memories is not None:
            raise ProcessError("Already started SharedMemoryServer")
        if initializer is not None:
            initializer(*initargs)
        self._memories = []

    def SharedMemory(self, size):
        """Makes memory of `size` bytes; see `shared_memory.SharedMemory`."""
        from .shared_memory import SharedMemory

        return self._kept(SharedMemory(create=True, size=self._checked(size), ctx=self._ctx))

    def ShareableList(self, sequence):
        """Makes a list in shared memory; see `shared_memory.ShareableList`."""
        from .shared_memory import ShareableList

        made = ShareableList(self._checked(sequence))
        self._kept(made.shm)
        return made

    def _checked(self, value):
        if self._memories is None:
            raise ValueError("the SharedMemoryManager is not started, or was shut down: call start() first")
        return value

    def _kept(self, memory):
        self._memories.append(memory)
        return memory

    def shutdown(self):
        """Unlinks the memory. Processes that use it keep it."""
        memories, self._memories, self._ended = self._memories, None, True
        for memory in memories or ():
            try:
                memory.unlink()
            except FileNotFoundError:
                # The program has unlinked it.
                pass

    def __enter__(self):
        if self._memories is None:
            self.start()
        return self

    def __del__(self):
        self.shutdown()


# For managers with an address, and for what is called in the manager's threads.
__getattr__ = lending("managers", "Server", "State", "Token", *THREADED)


__all__ = ["BaseManager", "SyncManager", "BaseProxy", "Token", "SharedMemoryManager"]
