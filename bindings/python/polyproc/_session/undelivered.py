"""Answers on their way to event loops, which may be closed before they take them."""


class Undelivered(set):
    """
    Whatever has `is_forgotten()` and `take_back()`. A loop tells nobody that it was closed, so the thread that reads
    looks, until all were taken.
    """

    def __init__(self):
        super().__init__()
        # Tells that thread that there is one.
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
