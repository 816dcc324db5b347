"""A process in its child: the task that it was sent, and how it runs to its end."""

import sys
import threading

from .._processes import log
from .._server import default
from .._values.failure import format_stack
from .._values.payload import PROCESS, opener
from .._values.sink import loads


class Spawned:
    """The message for the one task of a process."""

    def __init__(self, content):
        self.process, self.lifeline, authkey = loads(content)
        self.process._config["authkey"] = authkey


opener(PROCESS, Spawned)


def bootstrap(process):
    """In a child: runs its target. Returns the exit code, as in multiprocessing."""
    code = 1
    try:
        log.info("child process calling self.run()")
        process.run()
        code = 0
    except SystemExit as error:
        if error.code is None:
            code = 0
        elif isinstance(error.code, int):
            code = int(error.code)
        else:
            _write_error(f"{error.code}\n")
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            default.interrupt_children(default.current_session())
        _write_error(f"Process {process.name}:\n{format_stack(error)}")
    finally:
        threading._shutdown()
        log.info("process exiting with exitcode %d", code)
    return code


def _write_error(text):
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except Exception:
        # The program has closed its standard error.
        pass
