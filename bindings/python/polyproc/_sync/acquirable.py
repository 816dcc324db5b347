"""The common parts of locks and semaphores: both are acquired and released."""

from .._session.messages import owner
from .._session.params import CAST, Params, field, waiting
from .._shared import SharedObject


class Acquirable(SharedObject):
    """An object that a thread acquires and releases."""

    _area = ""
    # How often it was acquired through this object, without the releases through this object.
    _holds = 0
    # What the last successful `acquire` through this object returned.
    owner_died = False
    fence = None

    def _begin(self):
        self._acquire, self._release = self._area + "/acquire", self._area + "/release"
        self._params = Params(field(self._area, self._handle))

    def acquire(self, block=True, timeout=None):
        """
        Acquires it: first come, first served.

        `block`: whether to wait until it is free; default True.
        `timeout`: seconds to wait; 0 or less does not wait, None (the default) waits without a limit. Ignored if
        `block` is false.

        Returns True once it is acquired, and False if the timeout passed first.
        """
        params = self._params(owner(), *waiting(block, timeout))
        result = self._request(self._acquire, params, self._undo)
        if result["acquired"]:
            self._holds += 1
            self.owner_died, self.fence = result["ownerDied"], result.get("fence")
        return result["acquired"]

    def _undo(self, result):
        if result["acquired"]:
            self._holds += 1
            self.release()

    def release(self):
        """Releases it. The first process or thread that waits for it acquires it."""
        if self._holds > 0:
            # It was acquired through this object, so this cannot fail: the answer is not awaited.
            self._holds -= 1
            self._session.cast(self._release, self._params(owner(), CAST))
        else:
            self._request(self._release, self._params(owner()))

    def _status(self):
        return self._request(self._area + "/status", self._params.alone)

    def __enter__(self):
        return self.acquire()

    def __exit__(self, *_):
        self.release()
