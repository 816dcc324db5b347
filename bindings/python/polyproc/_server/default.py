"""The session of objects that are made without naming one."""

import atexit
import os
import signal
import sys
import threading

from .._processes.children import running

# Signal handlers of the thread that opens the session may ask for it, too: then theirs is the one.
_lock = threading.RLock()
_session = None
# Set by the worker host: its connection is this process's session.
host_session = None


def default_session():
    """In a worker its host's session, otherwise one with the server of POLYPROC_ADDRESS, or with a private server."""
    session = _session
    if session is not None and session.error is None:
        return session
    return _open()


def current_session():
    """The session, if there is one already."""
    return _session


def _open():
    global _session
    with _lock:
        if _session is not None and _session.error is None:
            return _session
        if host_session is not None:
            _session = host_session
            return _session
        # The first object at the latest registers what the end of the program does for children.
        from . import at_exit, output, server  # noqa: F401

        address = os.environ.get("POLYPROC_ADDRESS")
        if address:
            session = server.connect_to_named(address)
        else:
            session = server.start_private_server()
            output.copy_output(session)
        if _session is not None and _session.error is None:
            # A signal handler has opened a session here.
            session.close()
            return _session
        _session = session
        return session


def _farewell():
    """
    The last exit function of this package, after those of the program, which may use its objects: the session ends in
    an orderly way.
    """
    session = _session
    if session is not None and session is not host_session and session.error is None:
        session.last_thread = threading.get_ident()
        _close(session)
    tls = sys.modules.get("polyproc._session.tls")
    if tls is not None:
        tls.finish()


def _close(session):
    try:
        session.close()
    except KeyboardInterrupt:
        interrupt_children(session)
        try:
            session.close()
        except KeyboardInterrupt:
            # A third Ctrl-C: the connection ends without an orderly shutdown, and the children end with it.
            session._hang_up()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:
            pass


def interrupt_children(session):
    """
    A terminal's Ctrl-C interrupts the children of multiprocessing, too. These are out of its reach, so each parent
    passes it on to its own.
    """
    if getattr(session, "server", None) is None and session is not host_session:
        # The children may be on another machine.
        return
    for pid in running(session):
        try:
            os.killpg(pid, signal.SIGINT)
        except OSError:
            # The folder was removed, or its server is on another machine.
            pass


def _after_fork():
    global _session, _lock, host_session
    _lock = threading.RLock()
    _session = host_session = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)

atexit.register(_farewell)
