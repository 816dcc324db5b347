"""The numbers of a pool."""

from .record import Record


class PoolStatus(Record):
    """
    A pool's numbers at one moment. `state`: running, closed or terminated. `processes`: most workers. `workers`: those
    that run, `busy` of them with a task. `queued`: tasks that no worker has begun. `done`, `failed`: items that have
    ended.
    """

    __slots__ = ("state", "processes", "workers", "busy", "queued", "done", "failed")
    # The name that users import: pickles have it.
    __module__ = "polyproc.pool"
