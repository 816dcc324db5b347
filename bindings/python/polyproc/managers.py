"""Manager: values, lists, dicts and namespaces that live in a process of their own and are shared by proxies."""

from functools import lru_cache
from types import GenericAlias

from ._server import at_exit  # noqa: F401
from . import managed  # noqa: F401
from ._errors import PolyprocError, ProcessError, TimeoutError
from ._values.failure import RemoteTraceback
from ._values.payload import note_handle
from ._shared import SharedObject, rebuild
from .context import default_context
from .managed import Namespace, Token
from .pool import Pool
from ._pools.results import ApplyResult

# Objects of a manager, from one look for those that nobody refers to any more to the next, at least.
_SWEEP_AT_LEAST = 100
# Milliseconds that a call may go on after its caller has died: killing the manager for it would take everybody's objects.
_GRACE_MS = 3_600_000
# Names of the errors by which the server says that the manager's pool, or its worker, has gone.
_LOST = frozenset(("WorkerLost", "Cancelled", "BadState", "UnknownHandle"))


class BaseProxy(SharedObject):
    """
    Stands for an object of a manager. What keeps the object is an event of the server, which each proxy refers to, also on its way through
    queues and pipes: when the last proxy has gone, the manager lets go of the object.
    """

    _kind = "event"
    _typeid = "object"
    _exposed = ()
    # Methods whose results stay in the manager, and what they are registered as: for the process of the manager's object.
    _kept = {}
    _manager = None

    def _callmethod(self, methodname, args=(), kwds={}):
        """Calls a method of the object in its manager, and returns a copy of the result, or a proxy of it where `register` said so."""
        if methodname in self._kept:
            return self._manager._make(
                self._kept[methodname], managed.call_and_keep, (self._handle, methodname, args, kwds)
            )
        local = managed.local(self._handle)
        if local is not None:
            return managed.call(self._handle, methodname, args, kwds)
        return self._manager_pool()(managed.call, (self._handle, methodname, args, kwds))

    def _getvalue(self):
        """A copy of the object."""
        return self._callmethod("#GETVALUE")

    def _manager_pool(self):
        return _caller_of(self._session, self._pool_handle)

    def _state(self):
        # Not counted as a reference: the manager ends when its maker ends it.
        return self._pool_handle

    def _set_state(self, pool_handle):
        self._pool_handle = pool_handle

    def __deepcopy__(self, memo):
        return self._getvalue()

    def __repr__(self):
        return f"<{type(self).__name__} object, typeid {self._typeid!r} at {id(self):#x}>"

    def __str__(self):
        try:
            return self._callmethod("#STR")
        except PolyprocError:
            return repr(self)[:-1] + "; '__str__()' failed>"


def _method(name):
    def call(self, *args, **kwds):
        return self._callmethod(name, args, kwds)

    call.__name__ = name
    return call


def MakeProxyType(name, exposed, typeid=None):
    """A class of proxies that has these methods."""
    members = {method: _method(method) for method in exposed}
    kind = type(
        name, (BaseProxy,), {**members, "_exposed": tuple(exposed), "_typeid": typeid or name, "__module__": __name__}
    )
    return kind


class AutoProxy(BaseProxy):
    """A proxy with the public methods of its object: each kind has a class of its own, which is made again where a proxy arrives."""

    def __reduce__(self):
        note_handle(self)
        return _rebuild_auto, (self._typeid, self._exposed, self._handle, self._state())


@lru_cache(maxsize=None)
def _auto_type(typeid, exposed):
    members = {method: _method(method) for method in exposed}
    return type(
        f"AutoProxy[{typeid}]",
        (AutoProxy,),
        {**members, "_exposed": exposed, "_typeid": typeid, "__module__": __name__},
    )


def _rebuild_auto(typeid, exposed, handle, state):
    return rebuild(_auto_type(typeid, exposed), handle, state)


class ListProxy(
    MakeProxyType(
        "BaseListProxy",
        (
            "__add__",
            "__contains__",
            "__delitem__",
            "__getitem__",
            "__len__",
            "__mul__",
            "__reversed__",
            "__rmul__",
            "__setitem__",
            "append",
            "clear",
            "copy",
            "count",
            "extend",
            "index",
            "insert",
            "pop",
            "remove",
            "reverse",
            "sort",
        ),
        "list",
    )
):
    __class_getitem__ = classmethod(GenericAlias)

    def __iadd__(self, value):
        self._callmethod("extend", (value,))
        return self

    def __imul__(self, value):
        self._callmethod("__imul__", (value,))
        return self


class DictProxy(
    MakeProxyType(
        "BaseDictProxy",
        (
            "__contains__",
            "__delitem__",
            "__getitem__",
            "__len__",
            "__setitem__",
            "clear",
            "copy",
            "get",
            "items",
            "keys",
            "pop",
            "popitem",
            "setdefault",
            "update",
            "values",
        ),
        "dict",
    )
):
    __class_getitem__ = classmethod(GenericAlias)

    def __iter__(self):
        return self._new_proxy(IteratorProxy, "#ITER")

    def _new_proxy(self, kind, method):
        proxy = kind.__new__(kind)
        token = Token(self._session)
        proxy._adopt(self._session, token.handle)
        proxy._set_state(self._pool_handle)
        self._callmethod(method, (token,))
        return proxy


class IteratorProxy(MakeProxyType("BaseIteratorProxy", ("__next__",), "Iterator")):
    def __iter__(self):
        return self


class NamespaceProxy(BaseProxy):
    _typeid = "Namespace"

    def __getattr__(self, key):
        if key.startswith("_"):
            return object.__getattribute__(self, key)
        return self._callmethod("__getattribute__", (key,))

    def __setattr__(self, key, value):
        if key.startswith("_"):
            return object.__setattr__(self, key, value)
        return self._callmethod("__setattr__", (key, value))

    def __delattr__(self, key):
        if key.startswith("_"):
            return object.__delattr__(self, key)
        return self._callmethod("__delattr__", (key,))


class ValueProxy(BaseProxy):
    _typeid = "Value"
    __class_getitem__ = classmethod(GenericAlias)

    def get(self):
        return self._callmethod("get")

    def set(self, value):
        return self._callmethod("set", (value,))

    value = property(get, set)


class ArrayProxy(MakeProxyType("BaseArrayProxy", ("__len__", "__getitem__", "__setitem__"), "Array")):
    __class_getitem__ = classmethod(GenericAlias)


class BaseManager:
    """Objects that live in one worker process, which does one thing after the other. `register` says which kinds of them there are."""

    _registry = {}

    def __init__(self, address=None, authkey=None, serializer="pickle", ctx=None, *, shutdown_timeout=1.0):
        if address is not None:
            raise ValueError(
                f"a manager has no address of its own, got {address!r}: programs share objects by name, on a server that both `polyproc.connect` to"
            )
        self._ctx = ctx or default_context
        self._pool = None
        self._ended = False
        self._made = 0
        self._swept = 0

    @classmethod
    def register(cls, typeid, callable=None, proxytype=None, exposed=None, method_to_typeid=None, create_method=True):
        """
        Gives managers of this class a method of this name: it calls `callable` in the manager's process, and returns a proxy of what that
        returns. `exposed`: the proxy's methods; default: those of `proxytype`, else the public ones.
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
        self._pool._state = "MANAGER"
        self._pool._grace_ms = _GRACE_MS
        _callers[self._pool._session, self._pool._handle] = _Caller(self._pool)
        # A manager that cannot start says so here.
        self._ask(managed.sweep)

    def shutdown(self):
        """Ends the manager's process, and its objects with it."""
        pool, self._pool, self._ended = self._pool, None, True
        if pool is not None:
            _callers.pop((pool._session, pool._handle), None)
            pool.terminate()

    def join(self, timeout=None):
        """Waits until the manager's process has ended, which it has when `shutdown` returns."""

    @property
    def _process(self):
        """The manager's process."""
        return self._pool._pool[0]

    def _make(self, typeid, function, args):
        """Calls the function, which keeps an object by the token that comes first, and returns a proxy of it."""
        _, kind, exposed, kept = self._registry[typeid]
        token = Token(self._running()._session)
        public = self._ask(function, (token, *args))
        if kind is None or kind is AutoProxy:
            kind = _auto_type(typeid, tuple(exposed or public))
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
        return _caller_of(pool._session, pool._handle)(function, args)

    def __enter__(self):
        if self._pool is None:
            self.start()
        return self

    def __exit__(self, *_):
        self.shutdown()


class SyncManager(BaseManager):
    """`list`, `dict`, `Namespace`, `Value` and `Array` live in the manager's process. Locks, queues and the like are the server's own."""

    def list(self, *args):
        return self._create(ListProxy, "list", *args)

    def dict(self, *args, **kwds):
        return self._create(DictProxy, "dict", *args, **kwds)

    def Namespace(self, **kwds):
        return self._create(NamespaceProxy, "Namespace", **kwds)

    def Value(self, typecode, value, lock=True):
        return self._create(ValueProxy, "Value", typecode, value)

    def Array(self, typecode, sequence, lock=True):
        return self._create(ArrayProxy, "Array", typecode, sequence)

    def Pool(self, *args, **kwds):
        return self._ctx.Pool(*args, **kwds)

    def Queue(self, *args, **kwds):
        # As queue.Queue, which is what the standard library's managers have, it can be joined.
        return self._ctx.JoinableQueue(*args, **kwds)

    JoinableQueue = Queue

    def __getattr__(self, name):
        if name in ("Lock", "RLock", "Semaphore", "BoundedSemaphore", "Condition", "Event", "Barrier"):
            return getattr(self._ctx, name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")


class _Caller:
    """Calls functions in the worker of a manager."""

    def __init__(self, pool):
        self._pool = pool

    def __call__(self, function, args):
        result = ApplyResult(self._pool, None, None)
        self._pool._apply_job(function).submit_one(function, (args, {}), result)
        try:
            return result.get()
        except PolyprocError as error:
            # Those of the object's own methods come with their traceback. `reason`: this task is to stop, which has nothing to do with the manager.
            if error.name not in _LOST or isinstance(error.__cause__, RemoteTraceback) or "reason" in error.data:
                raise
            raise ManagerLost(f"the manager's process has ended ({error}): its objects are gone", error.data) from error


# By session and pool: what this process calls managers with.
_callers = {}


def _caller_of(session, pool_handle):
    caller = _callers.get((session, pool_handle))
    if caller is None:
        pool = Pool.__new__(Pool)
        pool._stand_for(session, pool_handle, 1, "Manager")
        pool._state, pool._grace_ms = "MANAGER", _GRACE_MS
        session.adopt(pool_handle, 0)
        session.listen()
        # Two threads may come here at once: one of the two is kept.
        caller = _callers.setdefault((session, pool_handle), _Caller(pool))
    return caller


class ManagerLost(PolyprocError, BrokenPipeError, EOFError):
    """The manager's process has ended, or was killed, and its objects are gone. Known under the names that the standard library raises, too."""

    name = "ManagerLost"


class RemoteError(Exception):
    """Kept for programs that catch it: exceptions of a manager's objects come as they are."""


__all__ = ["BaseManager", "SyncManager", "BaseProxy", "Token", "Namespace", "TimeoutError"]
