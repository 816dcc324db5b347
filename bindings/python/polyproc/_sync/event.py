"""Event."""

from .._errors import PolyprocError
from .._session.params import Params, field, waiting
from .._shared import SharedObject
from . import MODULE


class Event(SharedObject):
    """
    A flag for which processes wait. It begins unset.

    `name`: all programs on the same server that make an event of this name share it.
    """

    __module__ = MODULE
    _kind = "event"
    _everywhere = True

    def __init__(self, *, ctx=None, name=None):
        self._create(ctx, "event/create", lambda handle: {"event": handle}, name)

    def _begin(self):
        self._params = Params(field("event", self._handle))

    def is_set(self):
        """Returns True if the event is set."""
        return self._request("event/status", self._params.alone)["set"]

    def set(self):
        """Sets the event. All waiters return; later calls of `wait` return at once."""
        self._request("event/set", self._params.alone)

    def clear(self):
        """Unsets the event: later calls of `wait` wait again."""
        self._request("event/clear", self._params.alone)

    def wait(self, timeout=None):
        """
        Waits until the event is set.

        `timeout`: seconds to wait; None (the default) waits without a limit.

        Returns True if the event is set, and False if the timeout passed first.
        """
        return self._request("event/wait", self._params(*waiting(True, timeout)))["set"]

    def __repr__(self):
        try:
            state = "set" if self.is_set() else "unset"
        except PolyprocError:
            state = "unknown"
        return f"<{type(self).__qualname__} at {id(self):#x} {state}>"
