"""Value and Array: ctypes objects in memory that processes of one machine share."""

import ctypes
from types import GenericAlias

from ._server import at_exit  # noqa: F401
from ._values import payload
from ._values.pickling import reducers
from .heap import Block

typecode_to_type = {
    "c": ctypes.c_char,
    "u": ctypes.c_wchar,
    "b": ctypes.c_byte,
    "B": ctypes.c_ubyte,
    "h": ctypes.c_short,
    "H": ctypes.c_ushort,
    "i": ctypes.c_int,
    "I": ctypes.c_uint,
    "l": ctypes.c_long,
    "L": ctypes.c_ulong,
    "q": ctypes.c_longlong,
    "Q": ctypes.c_ulonglong,
    "f": ctypes.c_float,
    "d": ctypes.c_double,
}


def _type(typecode_or_type):
    return typecode_to_type.get(typecode_or_type, typecode_or_type)


def _in_block(kind, block):
    raw = kind.from_buffer(block.view())
    # The block lives as long as the object.
    raw._block = block
    return raw


def _new(kind, ctx=None):
    reducers[kind] = _reduce
    return _in_block(kind, Block(ctypes.sizeof(kind), ctx=ctx))


def _reduce(raw):
    if not hasattr(raw, "_block"):
        raise ValueError("ctypes objects can be sent only when they were made by this module")
    kind = type(raw)
    if isinstance(raw, ctypes.Array):
        # Classes of arrays are made on the fly: they have no name to be found by.
        return _rebuild, (kind._type_, kind._length_, raw._block)
    return _rebuild, (kind, None, raw._block)


def _rebuild(kind, length, block):
    if length is not None:
        kind = kind * length
    reducers[kind] = _reduce
    return _in_block(kind, block)


def RawValue(typecode_or_type, *args, ctx=None):
    """A ctypes object in shared memory, without a lock."""
    raw = _new(_type(typecode_or_type), ctx)
    raw.__init__(*args)
    return raw


def RawArray(typecode_or_type, size_or_initializer, *, ctx=None):
    """A ctypes array in shared memory, without a lock. A size gives zeros."""
    kind = _type(typecode_or_type)
    if isinstance(size_or_initializer, int):
        return _new(kind * size_or_initializer, ctx)
    raw = _new(kind * len(size_or_initializer), ctx)
    raw.__init__(*size_or_initializer)
    return raw


def Value(typecode_or_type, *args, lock=True, ctx=None):
    """A value with a lock of its own (`lock=True`), with the given lock, or without (`lock=False`)."""
    return _locked(RawValue(typecode_or_type, *args, ctx=ctx), lock, ctx)


def Array(typecode_or_type, size_or_initializer, *, lock=True, ctx=None):
    """An array with a lock of its own (`lock=True`), with the given lock, or without (`lock=False`)."""
    return _locked(RawArray(typecode_or_type, size_or_initializer, ctx=ctx), lock, ctx)


def _locked(raw, lock, ctx):
    if lock is False:
        return raw
    if lock in (True, None):
        lock = None
    elif not hasattr(lock, "acquire"):
        raise AttributeError(f"{lock!r} has no method 'acquire'")
    return synchronized(raw, lock, ctx)


def copy(obj):
    """A copy in a block of its own."""
    new = _new(type(obj))
    ctypes.pointer(new)[0] = obj
    return new


def synchronized(obj, lock=None, ctx=None):
    """The object with a lock around each access."""
    assert not isinstance(obj, SynchronizedBase), "object already synchronized"
    if isinstance(obj, ctypes._SimpleCData):
        return Synchronized(obj, lock, ctx)
    if isinstance(obj, ctypes.Array):
        if obj._type_ is ctypes.c_char:
            return SynchronizedString(obj, lock, ctx)
        return SynchronizedArray(obj, lock, ctx)
    kind = type(obj)
    synchronized_class = _classes.get(kind)
    if synchronized_class is None:
        members = {field[0]: _locked_property(field[0]) for field in kind._fields_}
        synchronized_class = _classes[kind] = type(f"Synchronized{kind.__name__}", (SynchronizedBase,), members)
    return synchronized_class(obj, lock, ctx)


_classes = {}


def _locked_property(name):
    def get(self):
        with self._lock:
            return getattr(self._obj, name)

    def set(self, value):
        with self._lock:
            setattr(self._obj, name, value)

    return property(get, set, doc=f"`{name}` of the ctypes object, with the lock held.")


class SynchronizedBase:
    """A ctypes object in shared memory with its lock. It is a context manager that holds the lock."""

    __class_getitem__ = classmethod(GenericAlias)

    def __init__(self, obj, lock=None, ctx=None):
        if lock is None:
            from .synchronize import RLock

            lock = RLock(ctx=ctx)
        self._obj = obj
        self._lock = lock
        self.acquire = lock.acquire
        self.release = lock.release

    def __enter__(self):
        return self._lock.__enter__()

    def __exit__(self, *args):
        return self._lock.__exit__(*args)

    def __reduce__(self):
        if not payload.is_encoding():
            raise RuntimeError(
                "shared memory travels through Polyproc only: as an argument of a process, or through a queue or pipe"
            )
        return synchronized, (self._obj, self._lock)

    def get_obj(self):
        """Returns the ctypes object."""
        return self._obj

    def get_lock(self):
        """Returns the lock."""
        return self._lock

    def __repr__(self):
        return f"<{type(self).__name__} wrapper for {self._obj}>"


class Synchronized(SynchronizedBase):
    """A value. `value` is read and set with the lock held; `value += 1` needs `with get_lock()` around it."""

    value = _locked_property("value")


class SynchronizedArray(SynchronizedBase):
    """An array. Items and slices are read and set with the lock held."""

    def __len__(self):
        return len(self._obj)

    def __getitem__(self, index):
        with self._lock:
            return self._obj[index]

    def __setitem__(self, index, value):
        with self._lock:
            self._obj[index] = value


class SynchronizedString(SynchronizedArray):
    """An array of bytes, with `value` and `raw` as ctypes has them."""

    value = _locked_property("value")
    raw = _locked_property("raw")


__all__ = ["RawValue", "RawArray", "Value", "Array", "copy", "synchronized"]
