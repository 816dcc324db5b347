"""
The same objects for asyncio: what waits there is awaited here.

    async with aio.Lock(name="deploy"): ...
    async for result in pool.imap(work, items): ...

Cancelling an await ends the server's wait. No thread waits with it, and each event loop may use all of it. To other
processes these objects travel as those of `polyproc`. The first object starts, or connects to, a server, which takes a
moment: `await aio.open()` does that beside the loop.
"""

import asyncio

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
from .._server.default import default_session
from ..context import connect as _connect
from .connection import Connection, Pipe, wait
from .face import awaitable
from .pool import Pool
from .process import Process
from .queues import JoinableQueue, Queue, SimpleQueue
from .synchronize import Barrier, BoundedSemaphore, Condition, Event, Lock, RLock, Semaphore


async def open():
    """Starts the private server, or connects to the one of POLYPROC_ADDRESS, when that was not done yet."""
    await asyncio.get_running_loop().run_in_executor(None, default_session)


async def connect(address, token=None, *, trust_blobs=None):
    """`polyproc.connect` beside the loop: a context, for `ctx=`."""
    return await asyncio.get_running_loop().run_in_executor(
        None, lambda: _connect(address, token, trust_blobs=trust_blobs)
    )


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
