"""
What the end of the program does for its children: what multiprocessing does, at the same moment. Importing a module of
multiprocessing's that makes objects, or else the first object, registers it. So exit functions that were registered
before run after it, and those that were registered later, like the one of a library that stops its own workers, run
first. The session stays open for both.
"""

import atexit
import os
import sys

from .._errors import PolyprocError
from .._processes.children import children
from . import default

# Between SIGTERM and SIGKILL for daemonic children.
_GRACE_MS = 1000


def finish_children():
    """Calls the finalizers that are to run first, ends the daemonic children, and waits for the others."""
    util = sys.modules.get("multiprocessing.util")
    if util is not None:
        util._run_finalizers(0)
    session = default.current_session()
    if session is None or session.error is not None:
        return
    try:
        if getattr(sys, "last_type", None) is KeyboardInterrupt:
            default.interrupt_children(session)
        try:
            _join_all(session)
        except KeyboardInterrupt:
            default.interrupt_children(session)
            try:
                _join_all(session)
            except KeyboardInterrupt:
                # The user interrupted the wait: end the connection, and the children with it.
                session._hang_up()
    except PolyprocError:
        # The server has ended, and its children with it.
        pass


def _join_all(session):
    ours = [child for child in list(children) if child._session is session and child._parent_pid == os.getpid()]
    for child in ours:
        _close_streams(child)
        if child.daemon and child._exitcode is None:
            session.request("process/terminate", {"process": child._handle, "graceMs": _GRACE_MS})
    for child in ours:
        child.join()


def _close_streams(child):
    """A program that waits for input, or for a reader of its output, would wait for ever."""
    for name in child._piped:
        try:
            getattr(child, name).close()
        except (OSError, PolyprocError):
            # It has closed its input, or has ended.
            pass


atexit.register(finish_children)
