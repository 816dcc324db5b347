"""Manager: values, lists, dicts and namespaces that live in a process of their own and are shared by proxies."""

from types import GenericAlias

from . import _exit, managed  # noqa: F401
from ._errors import PolyprocError, ProcessError, TimeoutError
from ._failure import RemoteTraceback
from ._shared import SharedObject
from .context import default_context
from .managed import Namespace, Token
from .pool import Pool
from .results import ApplyResult

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

    def _callmethod(self, methodname, args=(), kwds={}):
        """Calls a method of the object in its manager, and returns a copy of the result."""
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
    kind = type(name, (BaseProxy,), {**members, "_exposed": tuple(exposed), "_typeid": typeid or name, "__module__": __name__})
    return kind


class ListProxy(MakeProxyType("BaseListProxy", (
    "__add__", "__contains__", "__delitem__", "__getitem__", "__len__", "__mul__", "__reversed__", "__rmul__", "__setitem__", "append", "clear",
    "copy", "count", "extend", "index", "insert", "pop", "remove", "reverse", "sort",
), "list")):
    __class_getitem__ = classmethod(GenericAlias)

    def __iadd__(self, value):
        self._callmethod("extend", (value,))
        return self

    def __imul__(self, value):
        self._callmethod("__imul__", (value,))
        return self


class DictProxy(MakeProxyType("BaseDictProxy", (
    "__contains__", "__delitem__", "__getitem__", "__len__", "__setitem__", "clear", "copy", "get", "items", "keys", "pop", "popitem",
    "setdefault", "update", "values",
), "dict")):
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


class SyncManager:
    """
    `list`, `dict`, `Namespace`, `Value` and `Array` live in one worker process, which does one thing after the other. Locks, queues and the
    like are the server's own.
    """

    def __init__(self, ctx=None):
        self._ctx = ctx or default_context
        self._pool = None
        self._ended = False
        self._made = 0
        self._swept = 0

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

    def _create(self, kind, typeid, *args, **kwds):
        if self._pool is None:
            raise AssertionError("server has been shut down" if self._ended else "server not yet started")
        session = self._pool._session
        token = Token(session)
        proxy = kind.__new__(kind)
        proxy._adopt(session, token.handle)
        proxy._set_state(self._pool._handle)
        caller = _caller_of(session, self._pool._handle)
        caller(managed.create, (token, typeid, args, kwds))
        self._made += 1
        if self._made - self._swept > max(_SWEEP_AT_LEAST, self._swept):
            self._swept = self._number_of_objects()
            self._made = self._swept
        return proxy

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

    def _number_of_objects(self):
        """How many objects somebody refers to. Lets go of the others."""
        return self._ask(managed.sweep)

    def _debug_info(self):
        return self._ask(managed.describe)

    def _ask(self, function):
        return _caller_of(self._pool._session, self._pool._handle)(function, ())

    def __enter__(self):
        if self._pool is None:
            self.start()
        return self

    def __exit__(self, *_):
        self.shutdown()


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


__all__ = ["SyncManager", "BaseProxy", "Token", "Namespace", "TimeoutError"]
