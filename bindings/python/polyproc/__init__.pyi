from . import (
    aio as aio,
    connection as connection,
    context as context,
    dummy as dummy,
    futures as futures,
    heap as heap,
    managers as managers,
    pool as pool,
    process as process,
    queues as queues,
    reduction as reduction,
    resource_tracker as resource_tracker,
    shared_memory as shared_memory,
    sharedctypes as sharedctypes,
    spawn as spawn,
    synchronize as synchronize,
    targets as targets,
    util as util,
)
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
from ._task import CurrentTask, current_task
from .context import connect, default_context as _context
from .process import Process, active_children, current_process, parent_process
from .targets import Target, command, module, source

__version__: str
SUBDEBUG: int
SUBWARNING: int

def install() -> None: ...

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
