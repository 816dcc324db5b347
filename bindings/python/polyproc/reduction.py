"""Pickling with reducers of the program's own, and descriptors on their way, as multiprocessing.reduction has it."""

import io
import pickle

from ._standard.descriptors import DupFd
from ._standard.library import standard
from ._values.pickling import dispatch_table, reducers
from .connection import Connection

# Between processes of one machine.
HAVE_SEND_HANDLE = True


class ForkingPickler(pickle.Pickler):
    """A pickler that knows the types which were registered."""

    def __init__(self, *args):
        super().__init__(*args)
        self.dispatch_table = dispatch_table()

    @classmethod
    def register(cls, type, reduce):
        """`reduce` says how objects of this type are pickled."""
        reducers[type] = reduce

    @classmethod
    def dumps(cls, obj, protocol=None):
        """Returns the pickle of an object, with the reducers of the program."""
        buffer = io.BytesIO()
        cls(buffer, pickle.HIGHEST_PROTOCOL if protocol is None else protocol).dump(obj)
        return buffer.getbuffer()

    loads = pickle.loads


register = ForkingPickler.register


def dump(obj, file, protocol=None):
    """pickle.dump with the reducers that were registered."""
    ForkingPickler(file, protocol).dump(obj)


def send_handle(conn, handle, destination_pid):
    """
    Sends a file descriptor to the process at the other end of a pipe, which calls `recv_handle`. Both must be on one
    machine, and this process must live until the other one has it.
    """
    if isinstance(conn, Connection):
        conn.send(DupFd(handle))
    else:
        standard("reduction").send_handle(conn, handle, destination_pid)


def recv_handle(conn):
    """Receives a file descriptor that `send_handle` sent."""
    if not isinstance(conn, Connection):
        return standard("reduction").recv_handle(conn)
    descriptor = conn.recv()
    if not isinstance(descriptor, DupFd):
        raise RuntimeError(f"received no descriptor, but {type(descriptor).__name__}")
    return descriptor.detach()


def sendfds(sock, fds):
    """Sends file descriptors over a Unix socket."""
    standard("reduction").sendfds(sock, fds)


def recvfds(sock, size):
    """Receives `size` file descriptors over a Unix socket. Returns their list."""
    return standard("reduction").recvfds(sock, size)


__all__ = ["DupFd", "ForkingPickler", "dump", "recv_handle", "recvfds", "register", "send_handle", "sendfds"]
