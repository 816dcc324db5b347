"""Memory that processes of one machine share."""

from ._bypass.memory import mapped
from ._server.default import default_session
from ._shared import SharedObject
from ._values.payload import is_encoding


class Block(SharedObject):
    """
    A piece of shared memory, filled with zeros. The server holds it as long as a process has the block, or it is on its
    way to one: so it may outlive its maker, and nothing is left behind however its users end.
    """

    _kind = "memory"

    def __init__(self, size, *, ctx=None):
        session = ctx._session() if ctx is not None else default_session()
        handle = session.mint(self._kind)
        place = session.request(
            "memory/create",
            {"memory": handle, "bytes": max(size, 1)},
            undo=lambda _: session.notify("handle/release", {"handles": [handle]}),
        )
        self._session, self._handle = session, handle
        session.adopt(handle)
        self._open(place, size)

    def _open(self, place, size):
        self.size = size
        self._map = mapped(place)

    def view(self):
        """Returns the memory of the block."""
        return memoryview(self._map)[: self.size]

    def _state(self):
        return self.size

    def _set_state(self, size):
        self._open(self._session.request("memory/open", {"memory": self._handle}), size)

    def __reduce__(self):
        if not is_encoding():
            raise RuntimeError(
                "shared memory travels through Polyproc only: as an argument of a process, or through a queue or pipe"
            )
        return super().__reduce__()


class Arena:
    """multiprocessing's name for memory that it maps: `size` bytes, in `buffer`. It can be sent as all of it can."""

    def __init__(self, size):
        self.size = size
        self._block = Block(size)
        self.buffer = self._block.view()

    def __getstate__(self):
        return {"size": self.size, "_block": self._block}

    def __setstate__(self, state):
        self.__dict__.update(state)
        self.buffer = self._block.view()


class BufferWrapper:
    """multiprocessing's name for a block of shared memory."""

    def __init__(self, size):
        if size < 0:
            raise ValueError(f"Size {size:n} out of range")
        self._block = Block(size)

    def create_memoryview(self):
        """Returns the memory, as multiprocessing.heap has it."""
        return self._block.view()
