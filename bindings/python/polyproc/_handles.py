"""Shared objects made of bare handles, which every language sends."""

from ._values import payload


def from_handle(handle):
    from ._shared import UnknownObject, classes, rebuild

    kind = classes.get(handle.partition(":")[0])
    if kind is None:
        from . import connection, queues, shared_memory, synchronize  # noqa: F401  they name their classes

        kind = classes.get(handle.partition(":")[0], UnknownObject)
    return rebuild(kind, handle, None)


payload.from_handle = from_handle
