"""A request under way, and how its thread is woken."""


class Answer:
    """A request under way."""

    __slots__ = ("id", "done", "result", "error", "lock", "then", "undo")

    def __init__(self, number, then=None):
        self.id = number
        self.done = False
        self.result = None
        self.error = None
        self.lock = None
        # Called with this answer by whoever reads it: must be quick, and must not send.
        self.then = then
        # In a list, when its thread has given up: what takes back the effect of a success. The one who takes it out
        # calls it.
        self.undo = None


def wake(lock):
    try:
        lock.release()
    except RuntimeError:
        return False
    return True
