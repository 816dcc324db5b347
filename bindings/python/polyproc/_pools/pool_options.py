"""The options of a pool that multiprocessing does not have."""

import os

from .._processes.describe import describe
from .._session.params import field, ms
from .limits import check_limits, limited

_NAMES = (
    "daemon",
    "min_processes",
    "idle_timeout",
    "max_queue",
    "cwd",
    "env",
    "exec_argv",
    "resource_limits",
    "record_timing",
    "name",
    "cluster",
    "needs",
)


class PoolOptions:
    """Checked. `members`: as `pool/create` has them."""

    def __init__(self, options, initializer, initargs):
        check_names("Pool", options, _NAMES)
        self.max_queue = whole("max_queue", options.get("max_queue"), 0)
        self.record_timing = options.get("record_timing", False)
        self.initializer, self.initargs = initializer, tuple(initargs)
        limits = options.get("resource_limits")
        if limits is not None:
            self.initializer, self.initargs = limited, (check_limits(limits), initializer, self.initargs)
        self.cluster = options.get("cluster")
        self.folder = None if options.get("cwd") is None else os.path.abspath(options["cwd"])
        self.env = dict(options.get("env") or {})
        self.daemon = options.get("daemon", True)
        self.members = [
            field(name, value)
            for name, value in (
                ("minProcesses", whole("min_processes", options.get("min_processes"), 0)),
                ("idleTimeoutMs", ms(seconds("idle_timeout", options.get("idle_timeout")))),
                ("daemon", None if self.daemon else False),
                ("cwd", self.folder),
                ("env", self.env or None),
                ("execArgv", None if options.get("exec_argv") is None else list(options["exec_argv"])),
                ("name", options.get("name")),
                ("cluster", self.cluster),
                ("needs", list(options.get("needs") or ()) or None),
                # Workers that are started before the first call must be Python's.
                ("runtime", "python" if options.get("min_processes") else None),
            )
            if value is not None
        ]

    def target(self, context):
        """The initializer as the wire has it."""
        return {**describe(self.initializer), "context": context}


def check_names(call, options, names):
    """TypeError for an option that does not exist. Its text lists the options that do."""
    for name in options:
        if name not in names:
            raise TypeError(f"{call} has no option {name!r}; it has: {', '.join(names)}")


def whole(name, value, least, most=None):
    if value is None:
        return None
    if not isinstance(value, int) or value < least or most is not None and value > most:
        until = "up" if most is None else f"to {most}"
        raise ValueError(f"{name} must be a whole number from {least} {until}; got {value!r}")
    return value


def seconds(name, value):
    if value is None:
        return None
    if not isinstance(value, (int, float)) or not value >= 0:
        raise ValueError(f"{name} must be a number of seconds from 0 up, or None; got {value!r}")
    return value
