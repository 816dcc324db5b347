"""Which objects of the server this session refers to, and how it lets go of them."""

from _thread import allocate_lock
from collections import deque

from ._messages import notification


class References:
    """A part of the session. For each handle: how many objects here stand for it, and how many references of this session the server counts."""

    def __init__(self):
        self._minted = 0
        self._minting = allocate_lock()
        self._held = {}
        self._dropped = deque()
        self._dropping = allocate_lock()

    def mint(self, kind):
        with self._minting:
            self._minted += 1
            return f"{kind}:{self.prefix}.{self._minted}"

    def adopt(self, handle, references=1):
        """An object here stands for this handle, with so many references of this session."""
        with self._dropping:
            entry = self._held.get(handle)
            if entry is None:
                self._held[handle] = [1, references]
            else:
                entry[0] += 1
                entry[1] += references
        self._drop_now()

    def received(self, handles):
        """These came beside a payload: a reference each. Objects for them follow, and `settle_received`."""
        with self._dropping:
            for handle in handles:
                entry = self._held.get(handle)
                if entry is None:
                    self._held[handle] = [1, 1]
                else:
                    entry[0] += 1
                    entry[1] += 1

    def settle_received(self, handles):
        """The payload was decoded: what nobody took is given back."""
        self._dropped.extend(handles)
        self._drop_now()

    def drop(self, handle):
        """An object has gone. May be called by the garbage collector, at any moment."""
        self._dropped.append(handle)
        self._drop_now()

    def forget(self, handle):
        """The server has let go of all references already."""
        with self._dropping:
            entry = self._held.get(handle)
            if entry is not None:
                entry[1] = 0
        self._drop_now()

    def _drop_now(self):
        while self._dropped:
            # Held by this very thread, further down, or by another: that one goes on until nothing is left.
            if not self._dropping.acquire(False):
                return
            gone = []
            try:
                while self._dropped:
                    handle = self._dropped.popleft()
                    entry = self._held.get(handle)
                    if entry is None:
                        continue
                    entry[0] -= 1
                    if entry[0] <= 0:
                        del self._held[handle]
                        gone.extend([handle] * entry[1])
            finally:
                self._dropping.release()
            if gone and self.error is None:
                self.tell(notification("handle/release", {"handles": gone}))
