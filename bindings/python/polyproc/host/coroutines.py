"""Coroutine functions as tasks: each runs in an event loop of its own."""

import asyncio

from .._server import default
from .._session.stops import stop_error, take_stop


def run_to_end(awaitable):
    """The result of the coroutine. In a task that is to stop, the coroutine is cancelled."""
    session = default.host_session
    task = session.stoppable() if session is not None else None
    return asyncio.run(_finished(awaitable) if task is None else _stoppable(awaitable, session, task))


async def _finished(awaitable):
    return await awaitable


async def _stoppable(awaitable, session, task):
    loop, me, fd = asyncio.get_running_loop(), asyncio.current_task(), session.wire.fileno()
    why = None

    def stop():
        nonlocal why
        told = take_stop(task)
        if told is not None:
            why = told
            me.cancel()

    def stop_soon():
        try:
            loop.call_soon_threadsafe(stop)
        except RuntimeError:
            # The loop was closed: the coroutine has ended.
            pass

    def read():
        session.drain()
        if session.error is not None:
            loop.remove_reader(fd)

    task["on_stop"] = stop_soon
    # The loop must read the session, because no other thread may be reading it.
    loop.add_reader(fd, read)
    try:
        stop()
        return await awaitable
    except asyncio.CancelledError:
        if why is None:
            raise
        raise stop_error(why) from None
    finally:
        del task["on_stop"]
        loop.remove_reader(fd)
