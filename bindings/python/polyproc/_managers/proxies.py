"""Proxies: objects that stand for a manager's objects in other processes."""

from functools import lru_cache
from types import GenericAlias

from .. import managed
from .._errors import PolyprocError
from .._shared import SharedObject, rebuild
from .._values.payload import note_handle
from ..managed import Kept
from .caller import caller_of

# Where users find the classes.
_MODULE = "polyproc.managers"


class RemoteError(Exception):
    """The manager refuses a call: its object does not expose the method. `args[0]` says which."""

    __module__ = _MODULE


class BaseProxy(SharedObject):
    """
    Stands for an object of a manager. What keeps the object is an event of the server, which each proxy refers to, also
    on its way through queues and pipes: when the last proxy has gone, the manager lets go of the object.
    """

    __module__ = _MODULE
    _kind = "event"
    _typeid = "object"
    _exposed = ()
    # Methods whose results stay in the manager, and what they are registered as: for the process of the manager's
    # object.
    _kept = {}
    _manager = None

    def _callmethod(self, methodname, args=(), kwds={}):
        """
        Calls a method of the object in its manager, and returns a copy of the result, or a proxy of it where `register`
        said so.
        """
        if self._exposed and methodname not in self._exposed and not methodname.startswith("#"):
            raise RemoteError(
                f"{self._typeid} does not expose {methodname!r}: it has {', '.join(sorted(self._exposed))}"
            )
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
        return caller_of(self._session, self._pool_handle)

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


def _in_place(name):
    """A method that changes the object and returns the proxy, as in `shared += value`."""

    def method(self, value):
        self._callmethod(name, (value,))
        return self

    method.__name__ = name
    return method


def MakeProxyType(name, exposed, typeid=None):
    """A class of proxies that has these methods."""
    members = {method: _method(method) for method in exposed}
    kind = type(
        name, (BaseProxy,), {**members, "_exposed": tuple(exposed), "_typeid": typeid or name, "__module__": _MODULE}
    )
    return kind


class AutoProxy(BaseProxy):
    """
    A proxy with the public methods of its object: each kind has a class of its own, which is made again where a proxy
    arrives.
    """

    __module__ = _MODULE

    def __reduce__(self):
        note_handle(self)
        return _rebuild_auto, (self._typeid, self._exposed, self._handle, self._state())


@lru_cache(maxsize=None)
def auto_type(typeid, exposed):
    """The class of proxies for objects of this type with these methods."""
    members = {method: _method(method) for method in exposed}
    return type(
        f"AutoProxy[{typeid}]",
        (AutoProxy,),
        {**members, "_exposed": exposed, "_typeid": typeid, "__module__": _MODULE},
    )


def _rebuild_auto(typeid, exposed, handle, state):
    return rebuild(auto_type(typeid, exposed), handle, state)


BaseListProxy = MakeProxyType(
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


class ListProxy(BaseListProxy):
    """Stands for a list of a manager. Each method is a call in the manager's process; its result is a copy."""

    __module__ = _MODULE
    __class_getitem__ = classmethod(GenericAlias)

    _exposed = (*BaseListProxy._exposed, "__imul__")

    def __iadd__(self, value):
        self._callmethod("extend", (value,))
        return self

    __imul__ = _in_place("__imul__")


class _Iterated(BaseProxy):
    """Stands for an iterator in the manager's process."""

    def __iter__(self):
        return self._new_proxy(IteratorProxy, "#ITER")

    def _new_proxy(self, kind, method):
        proxy = kind.__new__(kind)
        token = Kept(self._session)
        proxy._adopt(self._session, token.handle)
        proxy._set_state(self._pool_handle)
        self._callmethod(method, (token,))
        return proxy


class DictProxy(
    MakeProxyType(
        "BaseDictProxy",
        (
            "__contains__",
            "__delitem__",
            "__getitem__",
            "__ior__",
            "__len__",
            "__or__",
            "__ror__",
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
    ),
    _Iterated,
):
    """Stands for a dict of a manager. `keys`, `values` and `items` return lists, which are copies."""

    __module__ = _MODULE
    __class_getitem__ = classmethod(GenericAlias)

    __ior__ = _in_place("__ior__")


class SetProxy(
    MakeProxyType(
        "BaseSetProxy",
        (
            "__and__",
            "__contains__",
            "__ge__",
            "__gt__",
            "__iand__",
            "__ior__",
            "__isub__",
            "__ixor__",
            "__le__",
            "__len__",
            "__lt__",
            "__or__",
            "__rand__",
            "__ror__",
            "__rsub__",
            "__rxor__",
            "__sub__",
            "__xor__",
            "add",
            "clear",
            "copy",
            "difference",
            "difference_update",
            "discard",
            "intersection",
            "intersection_update",
            "isdisjoint",
            "issubset",
            "issuperset",
            "pop",
            "remove",
            "symmetric_difference",
            "symmetric_difference_update",
            "union",
            "update",
        ),
        "set",
    ),
    _Iterated,
):
    """Stands for a set of a manager. Its operators return copies."""

    __module__ = _MODULE
    __class_getitem__ = classmethod(GenericAlias)

    __iand__ = _in_place("__iand__")
    __ior__ = _in_place("__ior__")
    __isub__ = _in_place("__isub__")
    __ixor__ = _in_place("__ixor__")


class IteratorProxy(MakeProxyType("BaseIteratorProxy", ("__next__", "close", "send", "throw"), "Iterator")):
    """Stands for an iterator of a manager; a generator's has `send`, `throw` and `close`, too."""

    __module__ = _MODULE

    def __iter__(self):
        return self


class NamespaceProxy(BaseProxy):
    """Stands for a namespace of a manager: its attributes are read and set in the manager's process."""

    __module__ = _MODULE
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
    """Stands for a value of a manager. `value += 1` is two calls, so it needs a lock."""

    __module__ = _MODULE
    _typeid = "Value"
    __class_getitem__ = classmethod(GenericAlias)

    def get(self):
        """Returns a copy of the value."""
        return self._callmethod("get")

    def set(self, value):
        """Replaces the value."""
        return self._callmethod("set", (value,))

    value = property(get, set)


class ArrayProxy(MakeProxyType("BaseArrayProxy", ("__len__", "__getitem__", "__setitem__"), "Array")):
    """Stands for an array of a manager. Slices are copies."""

    __module__ = _MODULE
    __class_getitem__ = classmethod(GenericAlias)
