"""The options of a call that multiprocessing does not have."""

from .._session.params import ms
from .pool_options import check_names, seconds, whole

_OF_TASKS = ("task_timeout", "grace", "retries", "priority")
OF_APPLY = _OF_TASKS
OF_IMAP = (*_OF_TASKS, "on_progress")
OF_MAP = (*OF_IMAP, "fail_fast")


class CallOptions:
    """Checked. `job`: members of `job/create`."""

    __slots__ = ("job", "fail_fast", "on_progress")

    def __init__(self, call, options, names):
        check_names(call, options, names)
        self.fail_fast = bool(options.get("fail_fast", False))
        self.on_progress = options.get("on_progress")
        if self.on_progress is not None and not callable(self.on_progress):
            raise TypeError(f"on_progress must be a callable; got {self.on_progress!r}")
        job = {
            "timeoutMs": ms(seconds("task_timeout", options.get("task_timeout"))),
            "graceMs": ms(seconds("grace", options.get("grace"))),
            "retries": whole("retries", options.get("retries"), 0),
            "priority": whole("priority", options.get("priority"), -1000, 1000),
        }
        self.job = {name: value for name, value in job.items() if value is not None}

    @property
    def key(self):
        """Calls of `apply` with the same options share a job."""
        return tuple(sorted(self.job.items()))


NONE = CallOptions("", {}, ())
