"""Manager: values, lists, dicts and namespaces that live in a process of their own and are shared by proxies."""

from . import managed
from ._errors import ManagerLost, ProcessError, TimeoutError
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
    ValueProxy,
    auto_type,
)
from ._server import at_exit  # noqa: F401
from .context import default_context
from .managed import Namespace, Token
from .pool import Pool

# Objects of a manager, from one look for those that nobody refers to any more to the next, at least.
_SWEEP_AT_LEAST = 100


class BaseManager:
    """
    Objects that live in one worker process, which does one thing after the other. `register` says which kinds of them
    there are.
    """

    _registry = {}

    def __init__(self, address=None, authkey=None, serializer="pickle", ctx=None, *, shutdown_timeout=1.0):
        if address is not None:
            raise ValueError(
                f"a manager has no address of its own, got {address!r}: programs share objects by name, on a "
                f"server that both `polyproc.connect` to"
            )
        self._ctx = ctx or default_context
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
                return self._make(typeid, managed.make, (cls._registry[typeid][0], args, kwds))

            make.__name__ = typeid
            setattr(cls, typeid, make)

    def start(self, initializer=None, initargs=()):
        """Starts the manager's process, which calls `initializer(*initargs)` first. `Manager()` has done it."""
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
        pool, self._pool, self._ended = self._pool, None, True
        if pool is not None:
            forget_caller(pool)
            pool.terminate()

    def join(self, timeout=None):
        """Waits until the manager's process has ended, which it has when `shutdown` returns."""

    def _make(self, typeid, function, args):
        """Calls the function, which keeps an object by the token that comes first, and returns a proxy of it."""
        _, kind, exposed, kept = self._registry[typeid]
        token = Token(self._running()._session)
        public = self._ask(function, (token, *args))
        if kind is None or kind is AutoProxy:
            kind = auto_type(typeid, tuple(exposed or public))
        proxy = self._proxy_of(token, kind)
        proxy._kept = kept
        proxy._manager = self
        return proxy

    def _create(self, kind, typeid, *args, **kwds):
        token = Token(self._running()._session)
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
        """How many objects somebody refers to. Lets go of the others."""
        return self._ask(managed.sweep)

    def _debug_info(self):
        return self._ask(managed.describe)

    def _ask(self, function, args=()):
        pool = self._running()
        return caller_of(pool._session, pool._handle)(function, args)

    def __enter__(self):
        if self._pool is None:
            self.start()
        return self

    def __exit__(self, *_):
        self.shutdown()


class SyncManager(BaseManager):
    """
    `list`, `dict`, `Namespace`, `Value` and `Array` live in the manager's process. Locks, queues and the like are the
    server's own.
    """

    def list(self, *args):
        """Makes a list in the manager's process, of these items. Returns its proxy."""
        return self._create(ListProxy, "list", *args)

    def dict(self, *args, **kwds):
        """Makes a dict in the manager's process, with the arguments of `dict`. Returns its proxy."""
        return self._create(DictProxy, "dict", *args, **kwds)

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
        return self._ctx.Pool(*args, **kwds)

    def Queue(self, *args, **kwds):
        """Makes a queue that can be joined. `maxsize`: most items; 0 (the default): no limit."""
        # As queue.Queue, which is what the standard library's managers have, it can be joined.
        return self._ctx.JoinableQueue(*args, **kwds)

    JoinableQueue = Queue

    def __getattr__(self, name):
        if name in ("Lock", "RLock", "Semaphore", "BoundedSemaphore", "Condition", "Event", "Barrier"):
            return getattr(self._ctx, name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")


class RemoteError(Exception):
    """Kept for programs that catch it: exceptions of a manager's objects come as they are."""


__all__ = ["BaseManager", "SyncManager", "BaseProxy", "Token", "Namespace", "TimeoutError"]
