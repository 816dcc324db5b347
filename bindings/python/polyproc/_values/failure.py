"""An exception on its way from the process that raised it to the one that asked."""

import base64
import os

from .._errors import PolyprocError, TaskFailed, error_from_wire, error_to_wire
from .pickling import dumps

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
# An exception with a larger pickle is sent without it: with its type and text only.
_MAX_PICKLE_BYTES = 16 * 1024 * 1024
_MAX_TEXT = 64 * 1024
_MAX_CAUSES = 8


class RemoteTraceback(Exception):
    """The traceback of another process, as text: the cause of an exception that came from there."""

    # The name that users import: pickles and tracebacks carry it.
    __module__ = "polyproc.pool"

    def __init__(self, tb):
        self.tb = tb

    def __str__(self):
        return self.tb


class MaybeEncodingError(Exception):
    """The result of a task cannot be sent."""

    # The name that users import: pickles and tracebacks carry it.
    __module__ = "polyproc.pool"

    # What made the result unsendable, if it can be sent itself.
    reason = None

    def __init__(self, exc, value):
        self.exc = repr(exc)
        self.value = repr(value)
        super().__init__(self.exc, self.value)

    def __str__(self):
        return f"Error sending result: '{self.value}'. Reason: '{self.exc}'"

    def __repr__(self):
        return f"<{type(self).__name__}: {self}>"


def encoding_error(error, value):
    """The MaybeEncodingError of a result that cannot be sent, with the reason where that can be sent."""
    failure = MaybeEncodingError(error, value)
    if _pickle(error) is not None:
        failure.reason = error
    return failure


def failure_of(error, for_python, unopened=False):
    """
    `{code, message, data}` of a task that raised. `for_python`: with the exception itself, when it can be pickled.
    `unopened`: its function was not called, because the task could not be unpickled.
    """
    if isinstance(error, PolyprocError) and error.name in ("TargetNotFound", "PayloadTooLarge"):
        return error_to_wire(error.name, str(error), error.data)
    data = _describe(error, _MAX_CAUSES)
    if unopened:
        data["unopened"] = True
    if for_python and isinstance(error, (Exception, SystemExit)):
        encoded = _pickle(error)
        if encoded is not None:
            data["pickle"] = encoded
    return error_to_wire("TaskFailed", f"{data['type']}: {data['message']}", {**data, "language": "python"})


def exception_from(failure, origin=None, kinds=Exception):
    """
    The exception to raise for a task's failure: the original one where that is possible. `origin`: it came from another
    client's workers, and is not opened. `kinds`: which exceptions are raised as what they are. SystemExit would end the
    program that calls a pool; the executors of the standard library hand it over.
    """
    data = failure.get("data") or {}
    encoded = data.get("pickle")
    if isinstance(encoded, str) and origin is None:
        try:
            import pickle

            error = pickle.loads(base64.b64decode(encoded))
            if isinstance(error, kinds):
                error.__cause__ = RemoteTraceback(f'\n"""\n{data.get("stack", "")}"""')
                return error
        except Exception as why:
            data = {**data, "unpickling": repr(why)}
    error = error_from_wire({**failure, "data": {key: value for key, value in data.items() if key != "pickle"}})
    if isinstance(error, TaskFailed) and data.get("stack"):
        error.__cause__ = RemoteTraceback(f'\n"""\n{data["stack"]}"""')
    return error


def _pickle(error):
    try:
        pickled = dumps(error)
    except Exception:
        return None
    return base64.b64encode(pickled).decode() if len(pickled) <= _MAX_PICKLE_BYTES else None


def _describe(error, causes):
    facts = {"type": type(error).__qualname__, "message": _text(error), "stack": format_stack(error)}
    cause = error.__cause__
    if cause is None and not error.__suppress_context__:
        cause = error.__context__
    if cause is not None and causes > 0 and not isinstance(cause, RemoteTraceback):
        facts["cause"] = _describe(cause, causes - 1)
    return facts


def _text(error):
    try:
        text = str(error)
    except Exception as why:
        text = f"an exception whose text cannot be had: {type(why).__name__}"
    return text.encode("utf-8", "backslashreplace").decode()[:_MAX_TEXT]


def format_stack(error):
    """The traceback as text, without the frames of this package."""
    import traceback

    tb = own_frames_off(error.__traceback__)
    try:
        text = "".join(traceback.format_exception(type(error), error, tb))
    except Exception:
        text = f"{type(error).__qualname__}: {_text(error)}\n"
    return text.encode("utf-8", "backslashreplace").decode()[-_MAX_TEXT:]


def own_frames_off(tb):
    while tb is not None and tb.tb_frame.f_code.co_filename.startswith(_PACKAGE):
        tb = tb.tb_next
    return tb
