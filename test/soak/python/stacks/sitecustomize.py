"""
On SIGUSR1 every Python process of a soak run writes the stacks of its threads to $POLYPROC_SOAK_STACKS/PID.python.
"""

import faulthandler
import os
import signal

_folder = os.environ.get("POLYPROC_SOAK_STACKS")
# The handler can only write into a file that is open already. It is empty until the signal comes.
_file = open(os.path.join(_folder, f"{os.getpid()}.python"), "w") if _folder and os.path.isdir(_folder) else None
if _file is not None:
    faulthandler.register(signal.SIGUSR1, _file, all_threads=True)
