"""The session of objects that are made without naming one."""

import atexit
import os
import signal
import sys
import threading

_lock = threading.Lock()
_session = None
# Set by the worker host: its connection is this process's session.
host_session = None
_registered = False


def default_session():
    """In a worker its host's session, otherwise one with the server of POLYPROC_ADDRESS, or with a private server."""
    session = _session
    if session is not None and session.error is None:
        return session
    return _open()


def current_session():
    """The session if there is one already."""
    return _session


def _open():
    global _session, _registered
    with _lock:
        if _session is not None and _session.error is None:
            return _session
        if host_session is not None:
            _session = host_session
            return _session
        from . import _output, _server

        address = os.environ.get("POLYPROC_ADDRESS")
        if address:
            session = _server.connect_to_named(address)
        else:
            session = _server.start_private_server()
            _output.copy_output(session)
        _session = session
        if not _registered:
            _registered = True
            atexit.register(_close)
        return session


def _close():
    """At the end of the program, as multiprocessing does it: daemonic children are ended, the others waited for."""
    session = _session
    if session is None or session.error is not None:
        return
    if getattr(sys, "last_type", None) is KeyboardInterrupt:
        interrupt_children(session)
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
    """A terminal's Ctrl-C interrupts the children of multiprocessing, too. These are out of its reach, so each parent passes it on to its own."""
    from .process import running_children

    for pid in running_children(session):
        try:
            os.killpg(pid, signal.SIGINT)
        except OSError:
            # It has gone, or its server is on another machine.
            pass


def _after_fork():
    global _session, _lock, host_session
    _lock = threading.Lock()
    _session = host_session = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
