from .._errors import (
    AuthenticationError,
    BufferTooShort,
    Cancelled,
    PolyprocError,
    ProcessError,
    TaskFailed,
    TimeoutError,
    WorkerLost,
)
from ..context import BaseContext
from .connection import Connection, Pipe, wait
from .face import awaitable
from .pool import Pool
from .process import Process
from .queues import JoinableQueue, Queue, SimpleQueue
from .synchronize import Barrier, BoundedSemaphore, Condition, Event, Lock, RLock, Semaphore

async def open() -> None: ...
async def connect(address: str, token: str | None = None, *, trust_blobs: bool | None = None) -> BaseContext: ...

__all__ = [
    "AuthenticationError",
    "Barrier",
    "BoundedSemaphore",
    "BufferTooShort",
    "Cancelled",
    "Condition",
    "Connection",
    "Event",
    "JoinableQueue",
    "Lock",
    "Pipe",
    "PolyprocError",
    "Pool",
    "Process",
    "ProcessError",
    "Queue",
    "RLock",
    "Semaphore",
    "SimpleQueue",
    "TaskFailed",
    "TimeoutError",
    "WorkerLost",
    "awaitable",
    "connect",
    "open",
    "wait",
]
