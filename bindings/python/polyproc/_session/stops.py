"""How a task hears that it is to stop."""

from .._errors import Cancelled, error_to_wire
from .answer import wake

# A task is the map that came in `worker/run`. What its own messages write into it cannot hurt the next one: "stop":
# (reason, item), as `worker/cancel` said, until the task was told; "stopped": the same, from then on; "untold": the
# list of results that the server does not know yet; "on_stop": called by whoever reads, instead of a wait that is to be
# ended.

_TEXTS = {"Cancelled": "the task was cancelled", "TimedOut": "the task ran longer than its limit"}

# The failure of items of a cancelled task that did not run.
NOT_BEGUN = error_to_wire("Cancelled", _TEXTS["Cancelled"])


def stop_error(why):
    return Cancelled(_TEXTS[why], {"reason": why})


def stop(session, params):
    """`worker/cancel` came. Called by whoever reads."""
    task = session.task
    if task is None or task["seq"] != params["seq"]:
        return
    task["stop"] = (params["reason"], params.get("from"))
    for lock in list(session._waiting):
        wake(lock)
    on_stop = task.get("on_stop")
    if on_stop is not None:
        on_stop()


def pending_stop(task):
    """Why the item that runs is to stop, if it has not been told. Only in the task's thread."""
    said = task.get("stop")
    if said is None:
        return None
    why = _meant(task, said)
    if why is None:
        del task["stop"]
    return why


def take_stop(task):
    """The same, and now it has been told."""
    why = pending_stop(task)
    if why is not None:
        task["stopped"] = (why, item_index(task))
        del task["stop"]
    return why


def reason(task):
    """Why the item that runs is to stop, told or not. In any thread."""
    for key in ("stop", "stopped"):
        said = task.get(key)
        why = None if said is None else _meant(task, said)
        if why is not None:
            return why
    return None


def _meant(task, said):
    """
    Whether the item that runs is the one that was meant. A limit is one item's: those after it have time of their own.
    """
    why, item = said
    return None if why == "TimedOut" and item is not None and item != item_index(task) else why


def item_index(task):
    """Which item of the task runs, counted from its first."""
    return task.get("from", 0) + len(task.get("untold", ()))
