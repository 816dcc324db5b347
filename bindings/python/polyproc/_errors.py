"""What goes wrong, as exceptions: multiprocessing's own names, and the server's errors."""


class ProcessError(Exception):
    """The base of all errors of this package, as in multiprocessing."""

    pass


class BufferTooShort(ProcessError):
    """`recv_bytes_into`: the message is longer than the buffer. `args[0]` is the message."""

    pass


class TimeoutError(ProcessError):
    """A timeout passed before the result came. It is not the built-in TimeoutError, as in multiprocessing."""

    pass


class AuthenticationError(ProcessError):
    """Kept for programs that catch it: sockets are protected by the file system, tokens or TLS."""

    pass


class PolyprocError(ProcessError):
    """An error that the server answered with. `name` and `code` are stable, `data` depends on the error."""

    name = "InternalError"

    def __init__(self, message, data=None, name=None, code=None):
        super().__init__(message)
        self.data = data or {}
        if name is not None:
            self.name = name
        self.code = code

    def __reduce__(self):
        return type(self), (str(self), self.data, self.name, self.code)


class Closed(PolyprocError):
    """The connection to the server has ended, or the object was closed."""

    name = "Closed"


class TaskFailed(PolyprocError):
    """
    A function of another language threw, or one of Python whose exception could not be sent. `data`: type, message,
    stack, language.
    """

    name = "TaskFailed"


class WorkerLost(PolyprocError):
    """The worker process died in the middle of the task. `data`: pid, exitCode, signal, stderr."""

    name = "WorkerLost"


class Cancelled(PolyprocError):
    """The task was cancelled, or its pool terminated. In the task itself: it is to stop; `data["reason"]` says why."""

    name = "Cancelled"


class TargetNotFound(PolyprocError):
    """The module or its export could not be found or loaded."""

    name = "TargetNotFound"


class SpawnFailed(PolyprocError):
    """The operating system could not start the program."""

    name = "SpawnFailed"


class Deadlock(PolyprocError):
    """This wait was ended to break a deadlock."""

    name = "Deadlock"


class UntrustedBlob(PolyprocError):
    """
    A value that only its language can open came from another client's process tree, and was not opened. `data`: origin,
    object.
    """

    name = "UntrustedBlob"


class ManagerLost(PolyprocError, BrokenPipeError, EOFError):
    """
    The manager's process has ended, or was killed, and its objects are gone. Known under the names that the standard
    library raises, too.
    """

    __module__ = "polyproc.managers"
    name = "ManagerLost"


_CLASSES = {
    kind.name: kind for kind in (Closed, TaskFailed, WorkerLost, Cancelled, TargetNotFound, SpawnFailed, Deadlock)
}

# The numbers that messages need; protocol/SPEC.md has all of them.
CODES = {"Cancelled": 1014, "TargetNotFound": 1010, "TaskFailed": 1012, "PayloadTooLarge": 1018}


def error_to_wire(name, message, data=None):
    """`{code, message, data}`: a failure that this process reports."""
    return {"code": CODES[name], "message": message, "data": {"name": name, **(data or {})}}


def error_from_wire(error):
    """The exception for a response's error object or a task's failure."""
    data = dict(error.get("data") or {})
    name = data.pop("name", None) or "InternalError"
    return _CLASSES.get(name, PolyprocError)(str(error.get("message", name)), data, name, error.get("code"))
