"""The task that a worker runs, as its functions see it."""

from _thread import get_ident

from ._server import default
from ._session.progress import KEPT, report
from ._session.stops import item_index, reason, stop_error, take_stop


class CurrentTask:
    """The task that this process runs. Ask at its start, and keep the answer: it stays that task's."""

    __slots__ = ("_session", "_task")

    def __init__(self, session, task):
        self._session, self._task = session, task

    @property
    def cancelled(self):
        """
        Whether it is to stop: it was cancelled, or has run for longer than its limit. Asks no server and waits for
        nothing.
        """
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

    def report(self, fraction=KEPT, text=KEPT):
        """
        Tells how far the running item is: in the editor, `polyproc map` and `top`, and to clients. `fraction`: from 0
        to 1; `text`: what it does now, of which 200 characters are shown. What is left out stays as it was; None takes
        it back. Call it as often as you like: some ten reports in a second are sent, the last one always. Raises
        ValueError if `fraction` is not from 0 to 1, TypeError if a type is wrong. After the task it does nothing.
        """
        report(self._session, self._task, fraction, text)

    @property
    def job(self):
        """The handle of the job that it belongs to; None for the target of a Process."""
        return self._task.get("job")

    @property
    def index(self):
        """Number of the item in its job: its position in what was given to `map`. 0 for the target of a Process."""
        return self._task.get("index", 0) + item_index(self._task)

    def __repr__(self):
        return f"<polyproc.CurrentTask {self.index} of {self.job}>"


def current_task():
    """The task that this process runs; None outside of worker processes and between tasks."""
    session = default.host_session
    task = session.task if session is not None else None
    return None if task is None else CurrentTask(session, task)
