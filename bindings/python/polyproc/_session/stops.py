"""How a running task learns that it must stop."""

from .._errors import Cancelled, error_to_wire
from .answer import wake

# A task is the map that came in `worker/run`. Its state is kept in this map, so that it cannot affect the next task:
# - "stop": (reason, item) of `worker/cancel`, until Cancelled was raised in the task;
# - "stopped": the same, from then on;
# - "untold": the list of results that were not reported yet;
# - "on_stop": called by the thread that reads, where no wait of the session can be ended.

_TEXTS = {"Cancelled": "the task was cancelled", "TimedOut": "the task ran longer than its limit"}

# The failure of items of a cancelled task that did not run.
NOT_BEGUN = error_to_wire("Cancelled", _TEXTS["Cancelled"])


def stop_error(why):
    return Cancelled(_TEXTS[why], {"reason": why})


def stop(session, params):
    """Handles `worker/cancel`. Called by the thread that reads."""
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
    """Why the running item must stop. None if it need not, or if it has been told. Only in the task's thread."""
    said = task.get("stop")
    if said is None:
        return None
    why = _meant(task, said)
    if why is None:
        del task["stop"]
    return why


def take_stop(task):
    """Like `pending_stop`. From now on the item counts as told."""
    why = pending_stop(task)
    if why is not None:
        task["stopped"] = (why, item_index(task))
        del task["stop"]
    return why


def reason(task):
    """Why the running item must stop, whether it has been told or not. In any thread."""
    for key in ("stop", "stopped"):
        said = task.get(key)
        why = None if said is None else _meant(task, said)
        if why is not None:
            return why
    return None


def _meant(task, said):
    """The reason, if it is for the running item, otherwise None. A time limit begins anew with each item."""
    why, item = said
    return None if why == "TimedOut" and item is not None and item != item_index(task) else why


def item_index(task):
    """The position of the running item in its task, from 0."""
    return task.get("from", 0) + len(task.get("untold", ()))
