"""The stacks of this host's threads, for the server."""

import faulthandler
import os
import signal


def open_stacks():
    """
    Lets SIGURG write the stacks into a file without a name, which the server reads below /proc. The system ignores
    SIGURG in a process that does not listen to it, so it ends no program that has replaced this host. Returns what
    `worker/ready` says of it: nothing where the system has no such file.
    """
    if not hasattr(os, "memfd_create"):
        return {}
    import fcntl

    try:
        fd = os.memfd_create("polyproc-stack")
        fcntl.fcntl(fd, fcntl.F_SETFL, os.O_APPEND)
        faulthandler.register(signal.SIGURG, file=fd, all_threads=True)
    except (OSError, AttributeError):
        return {}
    return {"stacks": {"by": "file", "fd": fd}}
