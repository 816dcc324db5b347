"""
Python's multiprocessing on a Polyproc server: `import polyproc as multiprocessing`.

The names, arguments and meanings are those of the standard library. What differs is in docs/python.md.
"""

import sys

from . import process
from ._errors import (
    AuthenticationError,
    BufferTooShort,
    Cancelled,
    PolyprocError,
    ProcessError,
    TaskFailed,
    TimeoutError,
    UntrustedBlob,
    WorkerLost,
)
from ._standard.install import install
from ._task import CurrentTask, current_task
from .context import connect, default_context as _context
from .process import Process, active_children, current_process, parent_process
from .targets import Target, command, module, source

# Children run the main script under this name, and name its classes by it in what they send.
if "__main__" in sys.modules and "__mp_main__" not in sys.modules:
    sys.modules["__mp_main__"] = sys.modules["__main__"]

__version__ = "0.1.0"

Array = _context.Array
Barrier = _context.Barrier
BoundedSemaphore = _context.BoundedSemaphore
Condition = _context.Condition
Event = _context.Event
JoinableQueue = _context.JoinableQueue
Lock = _context.Lock
Manager = _context.Manager
Pipe = _context.Pipe
Pool = _context.Pool
Queue = _context.Queue
RLock = _context.RLock
RawArray = _context.RawArray
RawValue = _context.RawValue
Semaphore = _context.Semaphore
SimpleQueue = _context.SimpleQueue
Value = _context.Value
allow_connection_pickling = _context.allow_connection_pickling
cpu_count = _context.cpu_count
freeze_support = _context.freeze_support
get_all_start_methods = _context.get_all_start_methods
get_context = _context.get_context
get_logger = _context.get_logger
get_start_method = _context.get_start_method
log_to_stderr = _context.log_to_stderr
set_executable = _context.set_executable
set_forkserver_preload = _context.set_forkserver_preload
set_start_method = _context.set_start_method

__all__ = [
    "Array",
    "AuthenticationError",
    "Barrier",
    "BoundedSemaphore",
    "BufferTooShort",
    "Cancelled",
    "Condition",
    "CurrentTask",
    "Event",
    "JoinableQueue",
    "Lock",
    "Manager",
    "Pipe",
    "PolyprocError",
    "Pool",
    "Process",
    "ProcessError",
    "Queue",
    "RLock",
    "RawArray",
    "RawValue",
    "Semaphore",
    "SimpleQueue",
    "Target",
    "TaskFailed",
    "TimeoutError",
    "UntrustedBlob",
    "Value",
    "WorkerLost",
    "active_children",
    "allow_connection_pickling",
    "command",
    "connect",
    "cpu_count",
    "current_process",
    "current_task",
    "freeze_support",
    "get_all_start_methods",
    "get_context",
    "get_logger",
    "get_start_method",
    "install",
    "log_to_stderr",
    "module",
    "parent_process",
    "set_executable",
    "set_forkserver_preload",
    "set_start_method",
    "source",
]

# Imported by what uses them; the standard library's are there at once, too.
# Levels of logging, as multiprocessing.util has them.
SUBDEBUG = 5
SUBWARNING = 25
_SUBMODULES = frozenset(
    (
        "aio",
        "connection",
        "context",
        "dummy",
        "futures",
        "heap",
        "managers",
        "pool",
        "queues",
        "reduction",
        "resource_tracker",
        "shared_memory",
        "sharedctypes",
        "spawn",
        "synchronize",
        "util",
    )
)


def __getattr__(name):
    if name in _SUBMODULES:
        import importlib

        return importlib.import_module(f".{name}", __name__)
    if name == "reducer":
        return _context.reducer
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
