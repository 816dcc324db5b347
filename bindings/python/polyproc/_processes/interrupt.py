"""Ctrl-C for one child."""

import os
import signal


def interrupt(process):
    """Sends SIGINT to the process itself. OSError when its server is not known to be on this machine."""
    if process._session.remote:
        raise OSError(
            "interrupt() sends a signal on this machine, and the process runs where its server is: use terminate()"
        )
    if process.is_alive():
        os.kill(process.pid, signal.SIGINT)
