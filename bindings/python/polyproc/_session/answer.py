"""A request under way, and how its thread is woken."""


class Answer:
    """A request that was sent and not answered yet, then its answer."""

    __slots__ = ("id", "done", "result", "error", "lock", "then", "undo")

    def __init__(self, number, then=None):
        self.id = number
        self.done = False
        self.result = None
        self.error = None
        self.lock = None
        # Called with this answer by the thread that reads it: must be quick, and must not send.
        self.then = then
        # None, or a list of one function that undoes a success, because the waiting thread has given up. The thread
        # that pops it calls it, so it is called once.
        self.undo = None


def wake(lock):
    try:
        lock.release()
    except RuntimeError:
        return False
    return True
