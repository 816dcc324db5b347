"""
Values as payloads. What every language has travels plainly: None, booleans, integers of up to 1024 bytes, floats, text,
bytes, lists, dicts with text keys, datetimes of `timezone.utc`, and shared objects. A value that holds anything else,
or that would not come back equal, is pickled as a whole, which only Python reads.
"""

import threading

from .._errors import PolyprocError, UntrustedBlob
from .big_integer import big_integer, pack_big_integer
from .foreign import Foreign
from .large import OVERHEAD_BYTES
from .msgpack import (
    BIG_INTEGER,
    BLOB,
    HANDLE,
    MAX_DEPTH,
    TIMESTAMP,
    Ext,
    Unpackable,
    _PACKERS,
    array_head,
    map_head,
    pack_bin,
    pack_ext,
    pack_str,
    unpack,
)
from .pickling import dumps
from .rope import LARGE_BYTES, Rope, joined, rope
from .sink import loads
from .stored import repacked_reference, stored_payload, use_bytes
from .timestamp import pack_timestamp, timestamp

# Tags of blobs: any value, and the object of a child's process.
PICKLE = "python/pickle"
PROCESS = "python/process"
# What makes a shared object of a bare handle: set by the module that knows the classes.
from_handle = None

# Shorter payloads travel in their message: they are no faster in memory.
LEAST_BLOCK_BYTES = 128 * 1024

_PAIR = array_head(2)
_state = threading.local()


class OpaqueBlob:
    """A value that another language sent and only it can open. Passed along unchanged."""

    def __init__(self, tag, data):
        self.tag = tag
        self.data = data

    def __repr__(self):
        return f"<OpaqueBlob {self.tag}, {len(self.data)} bytes>"


class _Encoding:
    """The handles of the payload that this thread encodes."""

    def __init__(self, session):
        self.session = session
        self.handles = {}


def note_handle(shared):
    """A shared object is being pickled: its handle travels beside the payload."""
    encoding = getattr(_state, "encoding", None)
    if encoding is None:
        raise RuntimeError(
            f"{type(shared).__name__} objects travel through Polyproc only (arguments, queues, pipes, results): "
            f"pickle on its own cannot carry them"
        )
    if shared._session is not encoding.session:
        raise ValueError(
            f"this {type(shared).__name__} belongs to another server's session, and cannot be sent through this one"
        )
    encoding.handles[shared._handle] = True


def is_encoding():
    return getattr(_state, "encoding", None) is not None


def with_handles(session, encode):
    """`encode()`, with the handles that it found, as a packed payload of a message."""
    return to_wire(session, *_collecting(session, encode))


def _collecting(session, encode):
    outer = getattr(_state, "encoding", None)
    encoding = _state.encoding = _Encoding(session)
    try:
        data = encode()
    finally:
        _state.encoding = outer
    return data, encoding.handles


def to_wire(session, data, handles):
    if len(data) > session.max_payload:
        raise too_large(session, "the value takes", len(data))
    if len(data) >= LEAST_BLOCK_BYTES and session.blocks is not None:
        block = session.blocks.store(data)
        if block is not None:
            return stored_payload(block, handles)
    if type(data) is Rope:
        # What may change is copied: it is sent later.
        data = rope(*(piece if type(piece) is bytes else bytes(piece) for piece in data.pieces))
    if not handles:
        return pack_bin(data)
    return joined((_PAIR, pack_bin(data), array_head(len(handles)), *map(pack_str, handles)))


def too_large(session, what, size):
    limit = session.max_payload + OVERHEAD_BYTES
    return PolyprocError(
        f"{what} {size} bytes, and a message at most {limit}: send it in parts, write it to a file and send its "
        f"path, or raise the server's limit "
        "(--max-payload-bytes, --max-memory-bytes)",
        {"bytes": size, "maxPayloadBytes": limit},
        "PayloadTooLarge",
    )


def repacked(payload):
    """A received payload, to be sent unchanged."""
    if type(payload) is not list:
        return pack_bin(payload)
    data, handles = payload
    packed = repacked_reference(data) if isinstance(data, Ext) else pack_bin(data)
    return joined((_PAIR, packed, array_head(len(handles)), *map(pack_str, handles)))


def encode(session, value):
    """The value as a packed payload: plainly if that loses nothing, else pickled."""
    return to_wire(session, *encode_apart(session, value))


def encode_apart(session, value):
    """The same value's bytes, and the handles in it."""
    packer = _PACKERS.get(type(value))
    if packer is not None:
        try:
            return packer(value), ()
        except Unpackable:
            pass
    return _collecting(session, lambda: plain_or_pickled(value))


def plain_or_pickled(value):
    try:
        return plain(value)
    except Unpackable:
        return pickled(value)


def pickled(value):
    return blob(PICKLE, dumps(value))


def blob(tag, data):
    """`data`: bytes or a rope."""
    return pack_ext(BLOB, joined((_PAIR, pack_str(tag), pack_bin(data))))


def call_args(value):
    """The arguments of a call with this packed value alone: `[[value], {}]`."""
    return joined((array_head(2), array_head(1), value, map_head(0)))


# Most bytes of items that are sent together. A single item may have more.
CHUNK_BYTES = 4 * 1024 * 1024


def buffer_size(value):
    """
    The bytes of a text or buffer (`bytes`, arrays of other packages), as far as they can be told without a look into
    it.
    """
    if isinstance(value, (str, bytes, bytearray)):
        return len(value)
    size = getattr(value, "nbytes", 0)
    return size if type(size) is int else 0


def has_large(values):
    """Whether there are large bytes among them."""
    for value in values:
        if type(value) is not str and buffer_size(value) >= LARGE_BYTES:
            return True
    return False


def plain(value):
    """msgpack of the value. Fails with Unpackable if no plain form of it comes back equal."""
    out = []
    _plain_into(value, out.append, 0, set())
    return joined(out)


def _plain_into(value, write, depth, seen):
    kind = type(value)
    packer = _PACKERS.get(kind)
    if packer is not None:
        try:
            write(packer(value))
        except Unpackable:
            write(pack_big_integer(value))
        return
    if kind is list or kind is dict:
        # Something that occurs twice is one thing, which only pickle can say.
        if depth >= MAX_DEPTH or id(value) in seen:
            raise Unpackable("nesting, or a shared part")
        seen.add(id(value))
        if kind is list:
            write(array_head(len(value)))
            _items_into(value, write, depth + 1, seen)
        else:
            write(map_head(len(value)))
            for key, item in value.items():
                if type(key) is not str:
                    raise Unpackable("a key that is not text")
                write(pack_str(key))
                _plain_into(item, write, depth + 1, seen)
        return
    handle = getattr(kind, "_plain_handle", None)
    if handle is None:
        if kind.__module__ == "datetime":
            write(pack_timestamp(value))
            return
        raise Unpackable(f"an object of type {kind.__name__}")
    handle = handle(value)
    if handle is None:
        raise Unpackable("a shared object that has more to it than its handle")
    note_handle(value)
    write(pack_ext(HANDLE, handle.encode()))


def _items_into(items, write, depth, seen):
    # Lists of one plain type are common and may be long.
    kinds = set(map(type, items))
    if len(kinds) == 1:
        packer = _PACKERS.get(kinds.pop())
        if packer is not None:
            try:
                write(joined(list(map(packer, items))))
                return
            except Unpackable:
                # One of them is a big integer, or has no plain form.
                pass
    for item in items:
        _plain_into(item, write, depth, seen)


def decode(session, payload):
    """The value of a payload as it stands in a message. Shared objects in it belong to this session."""
    if type(payload) is bytes:
        first = payload[0] if payload else 0xC1
        # Short values without extension types need no context.
        if first < 0x80 or 0xA0 <= first < 0xC4 and first != 0xC1 or first >= 0xE0:
            return unpack(payload)
        # Nor does a list of one such value: the result of one task.
        if (
            first == 0x91
            and len(payload) > 1
            and (payload[1] < 0x80 or 0xC2 <= payload[1] <= 0xC3 or payload[1] == 0xC0)
        ):
            return unpack(payload)
        return _decode(session, payload)
    if type(payload) is memoryview:
        return _decode(session, payload)
    if type(payload) is Foreign:
        return _decode_foreign(session, payload)
    data, handles = payload
    session.received(handles)
    try:
        return use_bytes(data, lambda data: _decode(session, data)) if isinstance(data, Ext) else _decode(session, data)
    finally:
        session.settle_received(handles)


def _decode_foreign(session, foreign):
    try:
        foreign.check()
    except UntrustedBlob:
        if type(foreign.payload) is not bytes:
            # The objects came with the payload.
            session.received(foreign.payload[1])
            session.settle_received(foreign.payload[1])
        raise
    return decode(session, foreign.payload)


def _decode(session, data):
    outer = getattr(_state, "session", None)
    _state.session = session
    try:
        return unpack(data, _extension)
    finally:
        _state.session = outer


def decoding_session():
    """The session from which the value that is being decoded came."""
    session = getattr(_state, "session", None)
    if session is None:
        raise RuntimeError("shared objects can be unpickled only by Polyproc, from what it received")
    return session


def _extension(code, data):
    if code == BLOB:
        tag, content = _blob_parts(data)
        if tag == PICKLE:
            return loads(content)
        open_content = openers.get(tag)
        return open_content(content) if open_content is not None else OpaqueBlob(tag, bytes(content))
    if code == HANDLE:
        return from_handle(str(data, "utf-8"))
    if code == TIMESTAMP:
        return timestamp(data)
    if code == BIG_INTEGER:
        return big_integer(data)
    return Ext(code, bytes(data))


# Tags of Polyproc's own, by the modules that use them, and their bytes.
openers = {}
_tags = {PICKLE.encode(): PICKLE}


def opener(tag, open_content):
    """Values with this tag are opened by this function."""
    openers[tag] = open_content
    _tags[tag.encode()] = tag


def _blob_parts(data):
    """Tag and content. Those that this binding writes are cut apart without a detour."""
    first = data[1] if len(data) > 2 else 0
    if data[0] == 0x92 and 0xA0 <= first < 0xC0:
        at = first - 0x9E
        tag = _tags.get(bytes(data[2:at]))
        skip = _BIN_HEADS.get(data[at]) if tag is not None else None
        if skip is not None and int.from_bytes(data[at + 1 : at + skip], "big") == len(data) - at - skip:
            return tag, data[at + skip :]
    return unpack(data)


# The lengths of the heads of msgpack's bin.
_BIN_HEADS = {0xC4: 2, 0xC5: 3, 0xC6: 5}


def _pack_opaque(value):
    return blob(value.tag, value.data)


_PACKERS[OpaqueBlob] = _pack_opaque
