"""`python3 polyproc/host` or `python3 -m polyproc.host`: started by the server, which is file descriptor 3."""

import os
import sys

if __name__ == "__main__":
    wanted = os.environ.pop("POLYPROC_EXECUTABLE", None)
    here = os.path.dirname(os.path.abspath(__file__))
    if wanted and wanted != sys.executable:
        # Another interpreter takes over this very process, with the connection to the server.
        os.execv(wanted, [wanted, here])
    root = os.path.dirname(os.path.dirname(here))
    if sys.path and os.path.abspath(sys.path[0]) == here:
        # Not the folder of this program, but the one that `polyproc` can be imported from: last, it is not the
        # program's own.
        del sys.path[0]
    if root not in sys.path:
        sys.path.insert(0, root)
    from polyproc.host.main import main

    if sys.path[0] == root:
        sys.path.append(sys.path.pop(0))
    main()
