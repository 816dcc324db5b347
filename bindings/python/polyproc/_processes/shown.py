"""A process as text."""

import os
import signal


def shown(process, is_current):
    """The text of `repr`, as in multiprocessing."""
    if is_current:
        status = "started"
    elif process._closed:
        status = "closed"
    elif process._parent_pid != os.getpid():
        status = "unknown"
    elif process._session is None:
        status = "initial"
    elif process._exitcode is None and process.is_alive():
        status = "started"
    else:
        names = {-number.value: f"-{number.name}" for number in signal.Signals}
        status = f"stopped exitcode={names.get(process._exitcode, process._exitcode)}"
    info = [type(process).__name__, f"name={process._name!r}"]
    if process._pid is not None:
        info.append(f"pid={process._pid}")
    info.append(f"parent={process._parent_pid}")
    info.append(status)
    if process.daemon:
        info.append("daemon")
    return f"<{' '.join(info)}>"
