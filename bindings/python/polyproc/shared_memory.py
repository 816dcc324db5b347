"""Shared memory with the interface of `multiprocessing.shared_memory`."""

import errno
import os
import secrets
import struct
import weakref
from functools import partial
from types import GenericAlias

from . import _shared
from ._bypass.memory import mapped
from ._errors import PolyprocError
from ._server import at_exit  # noqa: F401
from ._server.default import default_session
from ._shared import SharedObject, checked_name
from ._values.payload import decoding_session, is_encoding, note_handle

_SHM_NAME_PREFIX = "psm_"

# By session: handles of memory that this process made and did not unlink. The session keeps a reference to each.
_made = weakref.WeakKeyDictionary()


def _make_filename():
    return _SHM_NAME_PREFIX + secrets.token_hex(6)


class SharedMemory(SharedObject):
    """
    A block of memory that processes of one machine share by its name. `create=True` makes it, with `size` bytes of
    zeros; otherwise it must exist. `name`: default: a new one.

    The server holds the memory until `unlink`, or until all processes that use it have ended or called `close`. The
    process that made it counts until its end. So nothing is left behind, and no tracker is needed.
    """

    _kind = "memory"
    _everywhere = True
    _map = _buf = None
    # Whether this object counts as a user of its handle.
    _holds = False
    _name = ""
    _size = 0

    def __init__(self, name=None, create=False, size=0, *, track=True, ctx=None):
        # For memory without a size the standard library has the same text.
        if not size >= 0 or create and size == 0:
            raise ValueError(f"'size' must be a positive number different from zero, got {size}")
        if name is None and not create:
            raise ValueError("'name' can only be None if create=True")
        session = ctx._session() if ctx is not None else default_session()
        if not create:
            self._attach(session, name, _handle_of(name))
        elif name is not None:
            self._make(session, name, size)
        else:
            while self._map is None:
                try:
                    self._make(session, _make_filename(), size)
                except FileExistsError:
                    continue

    def _make(self, session, name, size):
        handle = _handle_of(name)
        try:
            place = session.request(
                "memory/create",
                {"memory": handle, "bytes": size, "exclusive": True},
                undo=lambda _: _release(session, handle),
            )
        except PolyprocError as error:
            if error.name == "BadState":
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), name) from None
            if error.name == "Overloaded":
                raise OSError(errno.ENOSPC, str(error)) from None
            raise
        session.adopt(handle)
        self._session, self._handle, self._holds = session, handle, True
        self._open(name, place)
        # Another user of the handle, until `unlink`.
        session.adopt(handle, 0)
        _made.setdefault(session, set()).add(handle)

    def _attach(self, session, name, handle):
        try:
            session.request("handle/retain", {"handle": handle}, undo=lambda _: _release(session, handle))
            session.adopt(handle)
            self._session, self._handle, self._holds = session, handle, True
            place = session.request("memory/open", {"memory": handle})
        except PolyprocError as error:
            if error.name == "UnknownHandle":
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), name) from None
            raise
        self._open(name, place)

    def _open(self, name, place):
        self._name, self._size = name, place["bytes"]
        self._map = mapped(place)
        self._buf = memoryview(self._map)

    def _begin(self):
        # It came as a bare handle, together with a reference.
        self._holds = True
        place = self._session.request("memory/open", {"memory": self._handle})
        self._open(_name_of(self._handle), place)

    def _plain_handle(self):
        return super()._plain_handle() if self._map is not None else None

    def __reduce__(self):
        if not is_encoding():
            return type(self), (self._name, False, self._size)
        if self._map is not None:
            note_handle(self)
        return _received, (type(self), self._name)

    def __del__(self):
        # OSError and BufferError as in the standard library; others when the interpreter is ending.
        for end in (self.close, self._let_go):
            try:
                end()
            except Exception:
                pass

    def _let_go(self):
        if self._holds:
            self._holds = False
            self._session.drop(self._handle)

    def __repr__(self):
        return f"{type(self).__name__}({self._name!r}, size={self._size})"

    @property
    def buf(self):
        """The memory as a memoryview; None after `close`."""
        return self._buf

    @property
    def name(self):
        """The name by which other processes attach to it."""
        return self._name

    @property
    def size(self):
        """Size in bytes."""
        return self._size

    def close(self):
        """
        Ends the use of the memory by this object. BufferError while slices of `buf` or arrays over it are in use. A
        second call does nothing.
        """
        if self._buf is not None:
            self._buf.release()
            self._buf = None
        if self._map is not None:
            self._map.close()
            self._map = None
        self._let_go()

    def unlink(self):
        """
        Removes the memory from the server: its name is free, and processes that use it keep it. FileNotFoundError if it
        was removed before.
        """
        session = self._session
        if session is None:
            return
        handle = _handle_of(self._name)
        try:
            session.request("memory/unlink", {"memory": handle})
        except PolyprocError as error:
            if error.name == "UnknownHandle":
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), self._name) from None
            raise
        finally:
            made = _made.get(session, set())
            if handle in made:
                made.discard(handle)
                session.drop(handle)


def _release(session, handle):
    session.notify("handle/release", {"handles": [handle]})


def _handle_of(name):
    """Memory without a name, which other languages make, is named by its handle."""
    return name if isinstance(name, str) and name.startswith("memory:") else f"memory:@{checked_name(name)}"


def _name_of(handle):
    return handle[len("memory:@") :] if handle.startswith("memory:@") else handle


def _received(kind, name):
    memory = kind.__new__(kind)
    memory._attach(decoding_session(), name, _handle_of(name))
    return memory


class ShareableList:
    """
    A list of fixed length in shared memory: of int (64 bits), float, bool, str, bytes (of up to 9,999,999 bytes each)
    and None. An item can be replaced by another type; a str or bytes by one that is no longer than the room which the
    first one took.

    `sequence`: the items of a new list. `name`: of an existing list, or, with `sequence`, of the new one.
    """

    # The layout is the standard library's: the number of items, where each begins in the data and where the last one
    # ends (8 bytes each), the data, the format of each item (8 bytes, padded with zeros), what each is (a byte). There
    # the format of text and bytes has the length of their room, and zeros at their end are taken for padding. So where
    # they end with a zero the format has their own length, with a leading 0 (`011s`).

    __class_getitem__ = classmethod(GenericAlias)

    def __init__(self, sequence=None, *, name=None):
        if sequence is None and name is not None:
            self._read(SharedMemory(name))
            return
        items = [_packed(item) for item in sequence or ()]
        starts = [0]
        for form, _, _ in items:
            starts.append(starts[-1] + struct.calcsize(form))
        self._length, self._starts = len(items), tuple(starts)
        self.shm = SharedMemory(name, create=True, size=self._kinds_start + self._length)
        struct.pack_into(f"{len(starts) + 1}q", self.shm.buf, 0, self._length, *starts)
        for position, item in enumerate(items):
            self._store(position, *item)

    def _read(self, memory):
        self.shm = memory
        (self._length,) = _WORD.unpack_from(memory.buf)
        self._starts = struct.unpack_from(f"{self._length + 1}q", memory.buf, _WORD.size)

    @property
    def _data_start(self):
        return (self._length + 2) * _WORD.size

    @property
    def _forms_start(self):
        return self._data_start + self._starts[-1]

    @property
    def _kinds_start(self):
        return self._forms_start + self._length * _FORM_BYTES

    def _position(self, index, what):
        position = index + self._length if index < 0 else index
        if 0 <= position < self._length:
            return position
        raise IndexError(f"{what} out of range: {index} of {self._length} items")

    def _get_packing_format(self, index):
        position = self._position(index, "index")
        form = self._form(position)
        return f"{self._room(position)}s" if form.endswith("s") else form

    def _form(self, position):
        at = self._forms_start + position * _FORM_BYTES
        return bytes(self.shm.buf[at : at + _FORM_BYTES]).rstrip(b"\x00").decode()

    def _room(self, position):
        return self._starts[position + 1] - self._starts[position]

    def _store(self, position, form, kind, value):
        if isinstance(value, bytes):
            form = f"0{len(value)}s" if value.endswith(b"\x00") else f"{self._room(position)}s"
        at = self._forms_start + position * _FORM_BYTES
        self.shm.buf[at : at + _FORM_BYTES] = form.encode().ljust(_FORM_BYTES, b"\x00")
        self.shm.buf[self._kinds_start + position] = kind
        struct.pack_into(form, self.shm.buf, self._data_start + self._starts[position], value)

    def __getitem__(self, index):
        position = self._position(index, "index")
        form = self._form(position)
        (value,) = struct.unpack_from(form, self.shm.buf, self._data_start + self._starts[position])
        kind = self.shm.buf[self._kinds_start + position]
        if kind == _NONE:
            return None
        if kind == _PLAIN:
            return value
        if not form.startswith("0"):
            value = value.rstrip(b"\x00")
        return value.decode() if kind == _TEXT else value

    def __setitem__(self, index, value):
        position = self._position(index, "assignment index")
        form, kind, packed = _packed(value)
        if kind in (_TEXT, _BYTES):
            room = self._room(position)
            if len(packed) > room:
                raise ValueError(f"bytes/str item exceeds available storage: {len(packed)} bytes, and it has {room}")
        self._store(position, form, kind, packed)

    def __len__(self):
        return self._length

    def __reduce__(self):
        if is_encoding():
            return _received_list, (type(self), self.shm)
        return partial(type(self), name=self.shm.name), ()

    def __repr__(self):
        return f"{type(self).__name__}({list(self)}, name={self.shm.name!r})"

    @property
    def format(self):
        """The `struct` format of all items as they are now."""
        return "".join(map(self._get_packing_format, range(self._length)))

    def count(self, value):
        """Returns how many items equal the value."""
        return sum(value == item for item in self)

    def index(self, value):
        """Returns the index of the first item that equals the value. ValueError if none does."""
        for position, item in enumerate(self):
            if value == item:
                return position
        raise ValueError(f"{value!r} is not in this list")


_WORD = struct.Struct("q")
_FORM_BYTES = 8
# What an item is.
_PLAIN, _TEXT, _BYTES, _NONE = range(4)


def _packed(value):
    """Format, kind, and the value to pack."""
    if isinstance(value, (str, bytes)):
        data = value.encode() if isinstance(value, str) else value
        # Room as the standard library has it, and more where text takes more bytes than it has characters.
        room = 8 * (max(len(value), len(data) - 1) // 8 + 1)
        form = f"{room}s"
        if len(form) + data.endswith(b"\x00") > _FORM_BYTES:
            raise ValueError(
                "an item of a ShareableList has at most 9,999,999 bytes, or 999,999 if it ends with a zero; "
                f"got {len(data)}"
            )
        return form, _TEXT if isinstance(value, str) else _BYTES, data
    if value is None:
        return "xxxxxx?x", _NONE, False
    form = {bool: "xxxxxxx?", int: "q", float: "d"}.get(type(value))
    if form is None:
        raise TypeError(f"a ShareableList holds int, float, bool, str, bytes and None, not {type(value).__name__}")
    return form, _PLAIN, value


def _received_list(kind, memory):
    made = kind.__new__(kind)
    made._read(memory)
    return made


_shared.classes[SharedMemory._kind] = SharedMemory
__all__ = ["SharedMemory", "ShareableList"]
