"""A debugger for the functions of this host."""

import importlib
import os
import sys


def await_debugger():
    """
    With `POLYPROC_DEBUG=HOST:PORT` in its environment, the host connects to the debugger there (debugpy, which
    `POLYPROC_DEBUGPY` may say where to find) and waits for it. Both variables are removed, so that the programs that a
    function starts do not wait, too.
    """
    address = os.environ.pop("POLYPROC_DEBUG", None)
    folder = os.environ.pop("POLYPROC_DEBUGPY", None)
    if address is None:
        return
    if folder is not None:
        sys.path.append(folder)
    try:
        # By its name: it is not a dependency, and is typed nowhere.
        debugpy = importlib.import_module("debugpy")
    except ImportError:
        sys.exit("POLYPROC_DEBUG is set, but debugpy cannot be imported: install it in this environment")
    host, _, port = address.rpartition(":")
    debugpy.connect((host, int(port)))
    debugpy.wait_for_client()
