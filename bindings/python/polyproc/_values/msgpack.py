"""msgpack in pure Python, as far as the messages and the plain values of the protocol need it."""

from struct import Struct, error as StructError, pack as pack_struct

from .._errors import PolyprocError
from .rope import LARGE_BYTES, joined, rope

# How deep arrays and maps may nest: the protocol's limit.
MAX_DEPTH = 512

HANDLE = 1
BLOB = 2
BIG_INTEGER = 3
TIMESTAMP = -1


class Ext:
    """A value of an extension type."""

    __slots__ = ("code", "data")

    def __init__(self, code, data):
        self.code = code
        self.data = data

    def __eq__(self, other):
        return isinstance(other, Ext) and self.code == other.code and self.data == other.data

    def __hash__(self):
        return hash((self.code, self.data))

    def __repr__(self):
        return f"Ext({self.code}, {self.data!r})"


class KEEP_LARGE(Ext):
    """In place of `Ext`: large bins come as parts of the memory of their message, which must be a memoryview."""


class Unpackable(Exception):
    """The value has no plain form."""


class Malformed(Exception):
    """The bytes are no value."""


_FLOAT = Struct(">Bd").pack
_U8 = Struct(">BB").pack
_U16 = Struct(">BH").pack
_U32 = Struct(">BI").pack
_U64 = Struct(">BQ").pack
_I64 = Struct(">Bq").pack

_FIXINTS = [bytes((i,)) for i in range(128)]


def pack_int(value):
    if 0 <= value < 128:
        return _FIXINTS[value]
    if value >= 0:
        if value < 0x100:
            return _U8(0xCC, value)
        if value < 0x10000:
            return _U16(0xCD, value)
        if value < 0x100000000:
            return _U32(0xCE, value)
        if value < 0x10000000000000000:
            return _U64(0xCF, value)
    elif value >= -32:
        return bytes((value + 256,))
    elif value >= -0x8000000000000000:
        return _I64(0xD3, value)
    raise Unpackable("an integer beyond 64 bits")


def pack_str(value):
    try:
        data = value.encode("utf-8")
    except UnicodeEncodeError:
        raise Unpackable("text with half a surrogate pair") from None
    size = len(data)
    if size < 32:
        return _FIXSTRS[size] + data
    if size < 0x100:
        return _U8(0xD9, size) + data
    if size < 0x10000:
        return _U16(0xDA, size) + data
    return _U32(0xDB, size) + data


_FIXSTRS = [bytes((0xA0 | i,)) for i in range(32)]


def bin_head(size):
    if size < 0x100:
        return _U8(0xC4, size)
    if size < 0x10000:
        return _U16(0xC5, size)
    if size > _LONGEST:
        raise PolyprocError(
            f"a value of {size} bytes, and msgpack's longest has {_LONGEST}: send it in parts, or write it to a "
            f"file and send its path",
            {"bytes": size},
            "PayloadTooLarge",
        )
    return _U32(0xC6, size)


# Most bytes of a bin or of an extension's data.
_LONGEST = 0xFFFFFFFF


def pack_bin(value):
    """Packs bytes, a memoryview or a rope. A large one is not copied."""
    size = len(value)
    return bin_head(size) + value if size < LARGE_BYTES else rope(bin_head(size), value)


def array_head(size):
    if size < 16:
        return bytes((0x90 | size,))
    if size < 0x10000:
        return _U16(0xDC, size)
    return _U32(0xDD, size)


def map_head(size):
    if size < 16:
        return bytes((0x80 | size,))
    if size < 0x10000:
        return _U16(0xDE, size)
    return _U32(0xDF, size)


def pack_ext(code, data):
    size = len(data)
    if size < 0x100:
        return pack_struct(">BBb", 0xC7, size, code) + data
    if size < 0x10000:
        return pack_struct(">BHb", 0xC8, size, code) + data
    if size > _LONGEST:
        bin_head(size)
    head = pack_struct(">BIb", 0xC9, size, code)
    return head + data if size < LARGE_BYTES else rope(head, data)


def pack(value):
    """The bytes of a message's part: exact built-in types and `Ext` only."""
    packer = _PACKERS.get(type(value))
    if packer is not None:
        return packer(value)
    out = []
    _pack_into(value, out.append, 0)
    return joined(out)


def _pack_into(value, write, depth):
    kind = type(value)
    packer = _PACKERS.get(kind)
    if packer is not None:
        write(packer(value))
    elif depth >= MAX_DEPTH:
        raise Unpackable(f"nesting beyond {MAX_DEPTH}")
    elif kind is list or kind is tuple:
        write(array_head(len(value)))
        for item in value:
            _pack_into(item, write, depth + 1)
    elif kind is dict:
        write(map_head(len(value)))
        for key, item in value.items():
            if type(key) is not str:
                raise Unpackable("a key that is not text")
            write(pack_str(key))
            _pack_into(item, write, depth + 1)
    elif kind is Ext:
        write(pack_ext(value.code, value.data))
    else:
        raise Unpackable(f"an object of type {kind.__name__}")


def pack_float(value):
    return _FLOAT(0xCB, value)


# What packs values that have no parts.
scalar_packers = {
    int: pack_int,
    str: pack_str,
    bytes: pack_bin,
    float: pack_float,
    type(None): lambda value: b"\xc0",
    bool: lambda value: b"\xc3" if value else b"\xc2",
}
_PACKERS = dict(scalar_packers)


def unpack(data, extension=Ext):
    """The one value in `data`. Fails with Malformed. `extension(code, bytes)` makes the values of extension types."""
    try:
        value, end = _READERS[data[0]](data, 1, 0, extension)
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise Malformed(f"not msgpack: {error}") from None
    if end != len(data):
        raise Malformed("not one msgpack value: bytes are missing, or follow it")
    return value


def _fixed(code):
    read = Struct(code).unpack_from
    size = Struct(code).size

    def reader(data, at, depth, extension):
        return read(data, at)[0], at + size

    return reader


def _constant(value):
    def reader(data, at, depth, extension):
        return value, at

    return reader


def _text(data, at, size):
    end = at + size
    return str(data[at:end], "utf-8"), end


def _raw(data, at, size, depth, extension):
    end = at + size
    if type(data) is bytes:
        return data[at:end], end
    value = data[at:end]
    return (value if extension is KEEP_LARGE and size >= LARGE_BYTES else bytes(value)), end


def _extended(data, at, size, extension):
    code = data[at]
    end = at + 1 + size
    return extension(code - 256 if code > 127 else code, data[at + 1 : end]), end


def _array(data, at, size, depth, extension):
    if depth >= MAX_DEPTH:
        raise Malformed(f"nested deeper than {MAX_DEPTH}")
    # Each item has a byte at least: a size that cannot be true costs no memory.
    if size > len(data) - at:
        raise Malformed("an array longer than its message")
    items = []
    append = items.append
    readers = _READERS
    depth += 1
    for _ in range(size):
        item, at = readers[data[at]](data, at + 1, depth, extension)
        append(item)
    return items, at


def _map(data, at, size, depth, extension):
    if depth >= MAX_DEPTH:
        raise Malformed(f"nested deeper than {MAX_DEPTH}")
    if size * 2 > len(data) - at:
        raise Malformed("a map longer than its message")
    items = {}
    readers = _READERS
    known = _known_keys
    depth += 1
    for _ in range(size):
        first = data[at]
        if 0xA0 <= first < 0xC0:
            # Short keys are mostly those of the protocol.
            end = at + first - 0x9F
            text = data[at + 1 : end]
            if type(text) is not bytes:
                text = bytes(text)
            key = known.get(text)
            if key is None:
                key = str(text, "utf-8")
                if len(known) < _MAX_KNOWN_KEYS:
                    known[text] = key
            at = end
        else:
            key, at = readers[first](data, at + 1, depth, extension)
            if type(key) is not str:
                raise Malformed("a key that is not text")
        first = data[at]
        if first < 0x80:
            items[key] = first
            at += 1
        else:
            items[key], at = readers[first](data, at + 1, depth, extension)
    return items, at


_known_keys = {}
_MAX_KNOWN_KEYS = 500


def _sized(code, read):
    unpack_size = Struct(code).unpack_from
    width = Struct(code).size

    def reader(data, at, depth, extension):
        return read(data, at + width, unpack_size(data, at)[0])

    return reader


def _sized_nested(code, read):
    unpack_size = Struct(code).unpack_from
    width = Struct(code).size

    def reader(data, at, depth, extension):
        return read(data, at + width, unpack_size(data, at)[0], depth, extension)

    return reader


def _sized_ext(code):
    unpack_size = Struct(code).unpack_from
    width = Struct(code).size

    def reader(data, at, depth, extension):
        return _extended(data, at + width, unpack_size(data, at)[0], extension)

    return reader


def _invalid(data, at, depth, extension):
    raise Malformed("the byte 0xc1")


def _make_readers():
    readers = [_constant(i) for i in range(128)]
    readers += [lambda data, at, depth, extension, size=i: _map(data, at, size, depth, extension) for i in range(16)]
    readers += [lambda data, at, depth, extension, size=i: _array(data, at, size, depth, extension) for i in range(16)]
    readers += [lambda data, at, depth, extension, size=i: _text(data, at, size) for i in range(32)]
    readers += [_constant(None), _invalid, _constant(False), _constant(True)]
    readers += [_sized_nested(">B", _raw), _sized_nested(">H", _raw), _sized_nested(">I", _raw)]
    readers += [_sized_ext(">B"), _sized_ext(">H"), _sized_ext(">I")]
    readers += [_fixed(">f"), _fixed(">d")]
    readers += [
        _fixed(">B"),
        _fixed(">H"),
        _fixed(">I"),
        _fixed(">Q"),
        _fixed(">b"),
        _fixed(">h"),
        _fixed(">i"),
        _fixed(">q"),
    ]
    readers += [
        lambda data, at, depth, extension, size=size: _extended(data, at, size, extension) for size in (1, 2, 4, 8, 16)
    ]
    readers += [_sized(">B", _text), _sized(">H", _text), _sized(">I", _text)]
    readers += [
        _sized_nested(">H", _array),
        _sized_nested(">I", _array),
        _sized_nested(">H", _map),
        _sized_nested(">I", _map),
    ]
    readers += [_constant(i - 256) for i in range(224, 256)]
    return readers


_READERS = _make_readers()
