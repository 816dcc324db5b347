"""The common part of all awaitable objects."""

from operator import attrgetter

from .asking import ask

# By the class of the object: its awaitable class.
faces = {}


def awaitable(shared):
    """The awaitable object for an object of `polyproc`, such as an argument of a call."""
    for kind in type(shared).__mro__:
        face = faces.get(kind)
        if face is not None:
            return face.of(shared)
    raise TypeError(f"{type(shared).__name__} objects have no awaitable face")


def _forwarded(name, doc):
    """A property that is the one of this name of the object behind it."""
    return property(attrgetter("shared." + name), doc=doc)


class Face:
    """`shared` is the object of `polyproc`. It is the one that travels to other processes."""

    _kind = None

    def __init_subclass__(cls):
        if "_kind" in cls.__dict__:
            faces[cls._kind] = cls

    @classmethod
    def of(cls, shared):
        """The awaitable object for an existing object."""
        face = cls.__new__(cls)
        face.shared = shared
        return face

    async def _ask(self, method, packed, undo=None):
        shared = self.shared
        try:
            return await ask(shared._session, method, packed, undo)
        except Exception:
            if shared._failure is not None:
                raise shared._failure from None
            raise

    # For code that encodes it.

    @property
    def _session(self):
        return self.shared._session

    @property
    def _handle(self):
        return self.shared._handle

    def _plain_handle(self):
        return self.shared._plain_handle()

    def __reduce__(self):
        return self.shared.__reduce__()

    def __repr__(self):
        return f"<aio {type(self).__name__} {self.shared._handle}>"
