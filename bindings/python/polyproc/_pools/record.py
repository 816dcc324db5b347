"""Objects with named members, in which a pool describes itself."""


class Record:
    """`__slots__` of a subclass names the members, in the order of the arguments."""

    __slots__ = ()

    def __init__(self, *values):
        for name, value in zip(self.__slots__, values):
            setattr(self, name, value)

    def __repr__(self):
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in self.__slots__)})"
