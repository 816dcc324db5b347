"""
File descriptors on their way to another process of this machine: sockets, the standard library's connections. A thread
of the process that sends one serves it to the receiver, so that process must live until then.
"""

import copyreg
import socket
import sys
from contextlib import contextmanager

from .._values.payload import is_encoding
from .library import standard

# What `multiprocessing.connection` has for sockets.
_OF_SOCKETS = frozenset(
    (
        "BUFSIZE",
        "CONNECTION_TIMEOUT",
        "Client",
        "ConnectionWrapper",
        "Listener",
        "SocketClient",
        "SocketListener",
        "XmlClient",
        "XmlListener",
        "address_type",
        "answer_challenge",
        "arbitrary_address",
        "default_family",
        "deliver_challenge",
        "families",
    )
)


class DupFd:
    """A duplicate of a descriptor, for another process. The receiver calls `detach`."""

    def __init__(self, fd):
        self._shared = standard("resource_sharer").DupFd(fd)

    def detach(self):
        """Returns the descriptor, which is the caller's from now on. It can be had once."""
        standard("resource_sharer")
        return self._shared.detach()


def rebuild_socket(descriptor, family, kind, proto):
    """The socket that was sent."""
    return socket.socket(family, kind, proto, fileno=descriptor.detach())


def rebuild_connection(descriptor, readable, writable):
    """The standard library's connection that was sent."""
    return standard("connection").Connection(descriptor.detach(), readable, writable)


def _reduce_socket(one):
    if not is_encoding():
        raise TypeError(f"cannot pickle {type(one).__name__!r} object")
    return rebuild_socket, (DupFd(one.fileno()), one.family, one.type, one.proto)


def _reduce_connection(one):
    if not is_encoding():
        raise RuntimeError(f"{type(one).__name__} objects can be sent to other processes, but not pickled")
    return rebuild_connection, (DupFd(one.fileno()), one.readable, one.writable)


class _Spawning:
    """The state that objects of the standard library ask for while they are pickled for a new process."""

    DupFd = DupFd

    @staticmethod
    def duplicate_for_child(fd):
        return fd


@contextmanager
def spawning():
    """A process is being started: objects of the standard library that may go to new processes only are pickled."""
    if "multiprocessing.context" not in sys.modules:
        yield
        return
    context = standard("context")
    context.set_spawning_popen(_Spawning)
    try:
        yield
    finally:
        context.set_spawning_popen(None)


def standard_connection():
    """The standard library's `connection`, whose connections can be sent to other processes."""
    module = standard("connection")
    copyreg.pickle(module.Connection, _reduce_connection)
    return module


def of_sockets(name):
    """The `__getattr__` of `polyproc.connection`."""
    if name in _OF_SOCKETS:
        return getattr(standard_connection(), name)
    raise AttributeError(f"module 'polyproc.connection' has no attribute {name!r}")


copyreg.pickle(socket.socket, _reduce_socket)
