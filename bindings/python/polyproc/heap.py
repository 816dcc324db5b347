"""Memory that processes of one machine share."""

import mmap
import os
import tempfile
import weakref

from ._values.payload import is_encoding

_folder = "/dev/shm" if os.access("/dev/shm", os.W_OK | os.X_OK) else None


class Block:
    """
    A piece of shared memory, filled with zeros. On Linux its file has no name from the beginning, so nothing is left
    behind however its users end: receivers open it through the process that sent it, which must live until they have.
    """

    def __init__(self, size):
        descriptor, path = tempfile.mkstemp(prefix="polyproc-", dir=_folder)
        if os.path.isdir("/proc/self/fd"):
            os.unlink(path)
            path = None
        os.ftruncate(descriptor, max(size, 1))
        self._open(descriptor, size, path)
        if path is not None:
            # Elsewhere the file keeps its name until its maker ends.
            self._unlink = weakref.finalize(self, _unlink, path, os.getpid())

    def _open(self, descriptor, size, path):
        self.size = size
        self._descriptor = descriptor
        self._path = path
        self._map = mmap.mmap(descriptor, max(size, 1))
        self._close = weakref.finalize(self, os.close, descriptor)
        self._close.atexit = False

    def view(self):
        """Returns the memory of the block."""
        return memoryview(self._map)[: self.size]

    def __reduce__(self):
        if not is_encoding():
            raise RuntimeError(
                "shared memory travels through Polyproc only: as an argument of a process, or through a queue or pipe"
            )
        return _receive, (self._path or f"/proc/{os.getpid()}/fd/{self._descriptor}", self.size, self._path)


def _receive(place, size, path):
    try:
        descriptor = os.open(place, os.O_RDWR | getattr(os, "O_CLOEXEC", 0))
    except OSError as error:
        raise OSError(
            error.errno,
            f"shared memory could not be opened ({error.strerror}): the process that sent it has ended, or runs "
            f"on another machine",
        ) from None
    block = Block.__new__(Block)
    block._open(descriptor, size, path)
    return block


def _unlink(path, pid):
    if os.getpid() == pid:
        try:
            os.unlink(path)
        except OSError:
            pass


class BufferWrapper:
    """multiprocessing's name for a block of shared memory."""

    def __init__(self, size):
        if size < 0:
            raise ValueError(f"Size {size:n} out of range")
        self._block = Block(size)

    def create_memoryview(self):
        """Returns the memory, as multiprocessing.heap has it."""
        return self._block.view()
