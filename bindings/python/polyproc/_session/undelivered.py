"""Answers on their way to event loops, which may be closed before they take them."""


class Undelivered(set):
    """
    Objects with `is_forgotten()` and `take_back()`. A loop does not announce that it was closed, so the thread that
    reads polls `is_forgotten()` until the set is empty.
    """

    def __init__(self):
        super().__init__()
        # Wakes that thread when an answer is added.
        self.tell = None

    def put(self, one):
        self.add(one)
        if self.tell is not None:
            self.tell()

    def look(self):
        for one in list(self):
            if one.is_forgotten():
                self.discard(one)
                one.take_back()
