"""A right that one thread at a time has, or that can be used once."""

_FIRST = (0,)


class Claim:
    """
    Taken and noted by one C function, so that an exception of a signal handler cannot lose it:

        taken = []
        try:
            if claim.take(taken): ...
        finally:
            claim.give_back(taken)
    """

    __slots__ = ("_free", "give_back")

    def __init__(self):
        self._free = [True]
        # A C function: no exception of a signal handler can come before its effect.
        self.give_back = self._free.extend

    def take(self, taken):
        """Tries to take it. False if another thread has it, or the code that this one has interrupted."""
        try:
            taken.extend(map(self._free.pop, _FIRST))
        except IndexError:
            return False
        return True
