"""Barrier."""

import threading

from .._errors import PolyprocError
from .._session.params import Params, field, ms, waiting
from .._shared import SharedObject
from . import MODULE


class Barrier(SharedObject):
    """
    A meeting point: `wait` returns once all parties wait.

    `parties`: how many; at least 1, else ValueError.
    `action`: called without arguments by one of the parties each time that all have arrived, before any of them goes
    on.
    `timeout`: seconds that `wait` waits if it is not told otherwise; None (the default): without a limit.
    `name`: all programs on the same server that make a barrier of this name share it.
    """

    __module__ = MODULE

    _kind = "barrier"
    _everywhere = True
    _action = None

    def __init__(self, parties, action=None, timeout=None, *, ctx=None, name=None):
        if parties < 1:
            raise ValueError("parties must be > 0")
        self._action = action
        self._create(
            ctx,
            "barrier/create",
            lambda handle: {
                "barrier": handle,
                "parties": parties,
                "hasAction": action is not None,
                "timeoutMs": ms(timeout),
            },
            name,
        )

    def _begin(self):
        self._params = Params(field("barrier", self._handle))

    def _plain_handle(self):
        return super()._plain_handle() if self._action is None else None

    def _state(self):
        return self._action

    def _set_state(self, action):
        self._action = action

    def wait(self, timeout=None):
        """
        Waits until all parties have called this.

        `timeout`: seconds to wait; default: the barrier's own. If it passes, the barrier is broken for all parties.

        Returns the number of this party, 0 to parties - 1. Raises threading.BrokenBarrierError if the barrier is or
        becomes broken, or if it is reset while this party waits.
        """
        result = self._unbroken("barrier/wait", self._params(*waiting(True, timeout)))
        if result["runAction"]:
            ok = False
            try:
                if self._action is not None:
                    self._action()
                ok = True
            finally:
                self._request("barrier/actionDone", self._params(field("ok", ok)))
        return result["index"]

    def reset(self):
        """Makes the barrier usable again. Parties that wait get BrokenBarrierError."""
        self._request("barrier/reset", self._params.alone)

    def abort(self):
        """Breaks the barrier: parties that wait, and later ones, get BrokenBarrierError until it is reset."""
        self._request("barrier/abort", self._params.alone)

    def _unbroken(self, method, params):
        try:
            return self._request(method, params)
        except PolyprocError as error:
            if error.name in ("BrokenBarrier", "TimedOut"):
                raise threading.BrokenBarrierError from error
            raise

    @property
    def parties(self):
        """How many parties the barrier waits for."""
        return self._request("barrier/status", self._params.alone)["parties"]

    @property
    def n_waiting(self):
        """How many parties wait now."""
        return self._request("barrier/status", self._params.alone)["waiting"]

    @property
    def broken(self):
        """Whether the barrier is broken."""
        return self._request("barrier/status", self._params.alone)["broken"]

    def __repr__(self):
        start = f"<{type(self).__module__}.{type(self).__qualname__} at {id(self):#x}: "
        try:
            status = self._request("barrier/status", self._params.alone)
        except PolyprocError:
            return f"{start}unknown>"
        return start + ("broken>" if status["broken"] else f"waiters={status['waiting']}/{status['parties']}>")
