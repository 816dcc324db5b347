"""Which objects of the server this session refers to, and how it releases them."""

from collections import deque
from itertools import count

from .claim import Claim
from .messages import notification

_FORGET = None


class References:
    """
    A part of the session. For each handle: how many objects here stand for it, and how many references of this session
    the server counts. A finalizer may run at any moment. So changes go into a queue, and one thread at a time applies
    all of them, in order: no thread waits for another.
    """

    def __init__(self):
        self._minted = count(1)
        self._held = {}
        # (handle, objects, references): what is added to each count. _FORGET: the server has dropped all references.
        self._changes = deque()
        self._changing = Claim()
        # Why the server refused to make these objects.
        self._refused = {}

    def mint(self, kind):
        return f"{kind}:{self.prefix}.{next(self._minted)}"

    def refused(self, error, *handles):
        """The server did not make these objects: later requests that name them fail with this error."""
        for handle in handles:
            self._refused[handle] = error

    def explained(self, error):
        """The error of an answer. If it says that an object is unknown, the reason why that object was not made."""
        return self._refused.get(error.data.get("handle"), error) if error.name == "UnknownHandle" else error

    def adopt(self, handle, references=1):
        """An object of this process now stands for this handle, and owns `references` of the session's references."""
        self._changes.append((handle, 1, references))
        self._change()

    def not_adopted(self, handle):
        """Takes back an `adopt`: the server gave no reference."""
        self._changes.append((handle, -1, -1))
        self._change()

    def received(self, handles):
        """
        These handles came beside a payload, each with a reference. Objects for them follow, then `settle_received`.
        """
        self._changes.extend([(handle, 1, 1) for handle in handles])
        self._change()

    def settle_received(self, handles):
        """The payload was decoded: references for which no object was made are released."""
        self._changes.extend([(handle, -1, 0) for handle in handles])
        self._change()

    def drop(self, handle):
        """An object of this process has ended. May be called by a finalizer, at any moment."""
        self._changes.append((handle, -1, 0))
        self._change()

    def forget(self, handle):
        """The server has dropped all references already."""
        self._changes.append((handle, 0, _FORGET))
        self._change()

    def _change(self):
        while self._changes:
            gone, taken = [], []
            try:
                if not self._changing.take(taken):
                    # The thread that applies changes goes on until the queue is empty.
                    return
                self._make_changes(gone)
            finally:
                self._changing.give_back(taken)
            if gone and self.error is None:
                self.tell(notification("handle/release", {"handles": gone}))

    def _make_changes(self, gone):
        changes, held = self._changes, self._held
        while changes:
            handle, objects, references = changes.popleft()
            entry = held.get(handle)
            if entry is None:
                if objects > 0:
                    held[handle] = [objects, references]
                continue
            entry[0] += objects
            entry[1] = 0 if references is _FORGET else entry[1] + references
            if entry[0] <= 0:
                del held[handle]
                self._refused.pop(handle, None)
                gone.extend([handle] * entry[1])
