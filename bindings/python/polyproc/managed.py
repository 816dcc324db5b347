"""The process in which a manager's objects live: functions that its one worker runs."""

import array

from ._errors import ManagerLost
from ._server.default import default_session
from ._values.msgpack import pack

# By the handle of the event that keeps it.
_objects = {}


class Kept:
    """What keeps an object: an event of the server. The manager's own side knows it by name, without a reference."""

    def __init__(self, session):
        self._session = session
        self._handle = self.handle = session.mint("event")
        session.cast("event/create", pack({"event": self.handle}))
        session.received([self.handle])

    def __reduce__(self):
        # Not noted beside the payload: this is the name alone.
        return _Name, (self.handle,)

    def __del__(self):
        try:
            self._session.drop(self._handle)
        except Exception:
            # The interpreter is ending.
            pass


class _Name:
    def __init__(self, handle):
        self.handle = handle


class Namespace:
    """Attributes."""

    def __init__(self, /, **kwds):
        self.__dict__.update(kwds)

    def __repr__(self):
        items = sorted(f"{name}={value!r}" for name, value in self.__dict__.items() if not name.startswith("_"))
        return f"{type(self).__name__}({', '.join(items)})"


class Value:
    def __init__(self, typecode, value):
        self._typecode = typecode
        self._value = value

    def get(self):
        return self._value

    def set(self, value):
        self._value = value

    def __repr__(self):
        return f"Value({self._typecode!r}, {self._value!r})"


_types = {"list": list, "dict": dict, "set": set, "Namespace": Namespace, "Value": Value, "Array": array.array}


_VIEWS = (type({}.keys()), type({}.values()), type({}.items()), type(reversed([])))


# What they return is the object itself, which stays.
_IN_PLACE = frozenset(("__iand__", "__imul__", "__ior__", "__isub__", "__ixor__"))


def create(token, typeid, args, kwds):
    _objects[token.handle] = _types[typeid](*args, **kwds)


def make(token, function, args, kwds):
    """Keeps what the function returns. Its public methods."""
    return _keep(token, function(*args, **kwds) if function is not None else args[0])


def call_and_keep(token, handle, method, args, kwds):
    return _keep(token, call(handle, method, args, kwds))


def _keep(token, value):
    _objects[token.handle] = value
    return [name for name in dir(value) if not name.startswith("_") and callable(getattr(value, name))]


def local(handle):
    """The object, in the process where it lives."""
    return _objects.get(handle)


def call(handle, method, args, kwds):
    try:
        value = _objects[handle]
    except KeyError:
        raise ManagerLost(
            "the manager's process was replaced after it died: the objects of the first one are gone, make new ones"
        ) from None
    if method == "#GETVALUE":
        return value
    if method == "#STR":
        return str(value)
    if method == "#ITER":
        _objects[args[0].handle] = iter(value)
        return None
    if method in _IN_PLACE:
        getattr(value, method)(*args)
        return None
    result = getattr(value, method)(*args, **kwds)
    # Views and iterators stay behind; what they show travels.
    return list(result) if isinstance(result, _VIEWS) else result


def sweep():
    """
    Releases objects without references. Objects inside them may follow. Returns how many are left.
    """
    session = default_session()
    while True:
        gone = [handle for handle in _objects if not session.request("handle/exists", {"handle": handle})["exists"]]
        for handle in gone:
            _objects.pop(handle, None)
        if not gone:
            return len(_objects)


def describe():
    return "\n".join(f"  {handle}: {str(value)[:75]}" for handle, value in _objects.items())
