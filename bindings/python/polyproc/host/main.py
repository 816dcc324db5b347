"""A host's first steps: it says `worker/ready` as early as it can, and loads the rest while the server answers."""

import os
import signal
import socket
import sys

from .._session.session import Session
from .._values.large import LARGEST_BYTES
from .._values.msgpack import pack
from .stacks import open_stacks
from .tasks import open_tasks

SERVER_FD = 3
REPORTS_FD = 5


def main():
    # The server hears of an interrupt, too, and decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        os.set_inheritable(SERVER_FD, False)
        sock = socket.socket(fileno=SERVER_FD)
    except OSError:
        sys.exit(
            "this program is started by a Polyproc server, which is its file descriptor 3; run `polyproc serve`, "
            "and name Python functions as targets"
        )
    if "POLYPROC_DEBUG" in os.environ:
        from .debugger import await_debugger

        await_debugger()
    channels = open_tasks()
    session = Session(sock)
    ready = session.send(
        "worker/ready",
        pack(
            {
                "protocolVersion": "1.0",
                "runtime": "python",
                "pid": os.getpid(),
                "workerChannels": channels,
                **open_stacks(),
                "capabilities": {"channels": session.channels, "maxPayloadBytes": LARGEST_BYTES},
            }
        ),
    )

    from .._server import default
    from .._processes import prepare
    from .._server.server import begin
    from .runner import Runner

    prepare.base_environment = dict(os.environ)
    runner = Runner(session, channels)
    if channels:
        os.set_inheritable(REPORTS_FD, False)
        session.wire.open_reports(REPORTS_FD)
    begin(session, session.wait(ready))
    default.host_session = session
    _preload()
    runner.serve()


def _preload():
    """Modules that tasks nearly always need."""
    import traceback  # noqa: F401

    from .. import connection, pool, queues, synchronize  # noqa: F401
