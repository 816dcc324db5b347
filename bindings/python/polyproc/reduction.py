"""Pickling with reducers of the program's own, as multiprocessing.reduction has it."""

import io
import pickle

from ._values import payload

# Descriptors are not passed between processes: they may be on different machines.
HAVE_SEND_HANDLE = False


class ForkingPickler(pickle.Pickler):
    """A pickler that knows the types which were registered."""

    def __init__(self, *args):
        super().__init__(*args)
        self.dispatch_table = payload.dispatch_table()

    @classmethod
    def register(cls, type, reduce):
        """`reduce` says how objects of this type are pickled."""
        payload.reducers[type] = reduce

    @classmethod
    def dumps(cls, obj, protocol=None):
        """Returns the pickle of an object, with the reducers of the program."""
        buffer = io.BytesIO()
        cls(buffer, pickle.HIGHEST_PROTOCOL if protocol is None else protocol).dump(obj)
        return buffer.getbuffer()

    loads = pickle.loads


register = ForkingPickler.register


def dump(obj, file, protocol=None):
    """pickle.dump with the reducers that were registered."""
    ForkingPickler(file, protocol).dump(obj)


__all__ = ["ForkingPickler", "dump", "register"]
