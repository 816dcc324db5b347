"""Process."""

import asyncio
import inspect

from .. import process
from .._server.default import default_session
from .._session.params import waiting
from .asking import ask
from .face import _forwarded


class Process:
    """
    A process: `target(*args, **kwargs)`, where `target` may be a coroutine function; that runs in an event loop of its
    own.
    """

    def __init__(
        self, group=None, target=None, name=None, args=(), kwargs={}, *, daemon=None, on_parent_death=None, ctx=None
    ):
        assert group is None, "group argument must be None for now"
        self.shared = process.Process(
            target=in_loop(target), name=name, args=args, kwargs=kwargs, daemon=daemon, on_parent_death=on_parent_death
        )
        self.shared._ctx = ctx

    @classmethod
    def of(cls, shared):
        """The awaitable object for an existing process object, for example of a subclass with `run`."""
        face = cls.__new__(cls)
        face.shared = shared
        return face

    async def start(self):
        """Starts the process: once only."""
        shared = self.shared
        if shared._ctx is None:
            # The first one starts the server.
            await asyncio.get_running_loop().run_in_executor(None, default_session)
        session, handle, params = shared._start_request()
        starting = asyncio.ensure_future(ask(session, "process/start", params))
        try:
            started = await asyncio.shield(starting)
        except asyncio.CancelledError:
            # It is being started, and that cannot be taken back: it is ended instead.
            starting.add_done_callback(lambda starting: _end(shared, session, handle, starting))
            raise
        except BaseException:
            shared._not_started(session, handle)
            raise
        shared._has_started(session, handle, started)

    async def join(self, timeout=None):
        """Waits until the process has ended and its output has arrived, up to `timeout` (seconds)."""
        shared = self.shared
        shared._check_started()
        if shared._exitcode is None:
            shared._joined(await ask(shared._session, "process/join", shared._params(*waiting(True, timeout))))

    async def is_alive(self):
        """Returns True from the start of the process to its end."""
        if self.shared._session is None:
            return False
        await self.join(0)
        return self.shared._exitcode is None

    async def terminate(self):
        """SIGTERM to the process and its descendants."""
        await self._tell("process/terminate")

    async def kill(self):
        """SIGKILL to the process and its descendants."""
        await self._tell("process/kill")

    async def _tell(self, method):
        shared = self.shared
        shared._check_started()
        if shared._exitcode is None:
            await ask(shared._session, method, shared._params.alone)

    exitcode = _forwarded(
        "_exitcode", "None until `join` or `is_alive` found that it has ended; −N when signal N ended it."
    )
    name = _forwarded("name", "The name, for display. Default: `Process-1`, `Process-1:2` …")
    daemon = _forwarded("daemon", "Whether it ends with its parent.")
    pid = _forwarded("pid", "The process id; None before the start.")

    ident = pid

    def __repr__(self):
        return f"<aio Process {self.name!r}>"


def _end(shared, session, handle, starting):
    if starting.cancelled() or starting.exception() is not None:
        shared._not_started(session, handle)
    else:
        shared._has_started(session, handle, starting.result())
        session.send("process/kill", shared._params.alone)


def in_loop(function):
    """A coroutine function as a function; others as they are."""
    return _InLoop(function) if inspect.iscoroutinefunction(function) else function


class _InLoop:
    def __init__(self, func):
        self.func = func

    def __call__(self, *args, **kwargs):
        from ..host.coroutines import run_to_end

        return run_to_end(self.func(*args, **kwargs))


__all__ = ["Process"]
