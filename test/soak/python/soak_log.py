"""
The log of a program: one line of JSON at a time, so that several processes can share the file and a kill costs nothing
that was written.
"""

import json
import os
import time
import traceback


class Log:
    def __init__(self, path):
        self.path = path
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def write(self, op, **details):
        os.write(
            self._fd, (json.dumps({"at": time.monotonic_ns(), "pid": os.getpid(), "op": op, **details}) + "\n").encode()
        )

    def timed(self, op, action, told=lambda result: {}, **details):
        """Writes a line before the call and one after it, with its result."""
        since = time.monotonic_ns()
        self.write(op + "?", **{**details, "from": since})
        result = action()
        self.write(op, **{**details, "from": since, **told(result)})
        return result

    def error(self, where, error):
        stack = "".join(traceback.format_exception(type(error), error, error.__traceback__))[-1500:]
        kind = type(error).__name__
        if kind == "PolyprocError":
            kind = error.name
        self.write("error", where=where, name=kind, message=str(error), stack=stack)

    def close(self):
        os.close(self._fd)
