"""The task that a worker runs, and how it hears that it is to stop."""

from _thread import get_ident

from ._server import default
from ._session.answer import wake
from ._errors import CODES, Cancelled

# A task is the map that came in `worker/run`. What its own messages write into it cannot hurt the next one:
# "stop": (reason, item), as `worker/cancel` said, until the task was told; "stopped": the same, from then on; "untold": the list of results
# that the server does not know yet; "on_stop": called by whoever reads, instead of a wait that is to be ended.

_TEXTS = {"Cancelled": "the task was cancelled", "TimedOut": "the task ran longer than its limit"}

# The failure of items of a cancelled task that did not run.
NOT_BEGUN = {"code": CODES["Cancelled"], "message": _TEXTS["Cancelled"], "data": {"name": "Cancelled"}}


class CurrentTask:
    """The task that this process runs. Ask at its start, and keep the answer: it stays that task's."""

    __slots__ = ("_session", "_task")

    def __init__(self, session, task):
        self._session, self._task = session, task

    @property
    def cancelled(self):
        """Whether it is to stop: it was cancelled, or has run for longer than its limit. Asks nobody and waits for nothing."""
        return self.reason is not None

    @property
    def reason(self):
        """Why it is to stop: "Cancelled" or "TimedOut". None: it is not."""
        session, task = self._session, self._task
        if session.task is task:
            session.drain()
            if get_ident() == session.task_thread:
                # Who asks knows; what it waits for from here on is its own business.
                take_stop(task)
        return reason(task)

    def raise_if_cancelled(self):
        """Raises Cancelled when the task is to stop."""
        why = self.reason
        if why is not None:
            raise stop_error(why)

    @property
    def job(self):
        """The handle of the job that it belongs to; None for the target of a Process."""
        return self._task.get("job")

    @property
    def index(self):
        """Number of the item in its job: its position in what was given to `map`. 0 for the target of a Process."""
        return self._task.get("index", 0) + _item(self._task)

    def __repr__(self):
        return f"<polyproc.CurrentTask {self.index} of {self.job}>"


def current_task():
    """The task that this process runs; None outside of worker processes and between tasks."""
    session = default.host_session
    task = session.task if session is not None else None
    return None if task is None else CurrentTask(session, task)


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
        task["stopped"] = (why, _item(task))
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
    """Whether the item that runs is the one that was meant. A limit is one item's: those after it have time of their own."""
    why, item = said
    return None if why == "TimedOut" and item is not None and item != _item(task) else why


def _item(task):
    return task.get("from", 0) + len(task.get("untold", ()))
