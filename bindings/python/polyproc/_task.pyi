from typing import Literal

class CurrentTask:
    """The task that this process runs. Ask at its start, and keep the answer: it stays that task's."""

    @property
    def cancelled(self) -> bool:
        """
        Whether it is to stop: it was cancelled, or has run for longer than its limit. Asks no server and waits for
        nothing.
        """
    @property
    def reason(self) -> Literal["Cancelled", "TimedOut"] | None:
        """Why it is to stop. None: it is not."""
    def raise_if_cancelled(self) -> None:
        """Raises Cancelled when the task is to stop."""
    def report(self, fraction: float | None = ..., text: str | None = ...) -> None:
        """
        Tells how far the running item is: in the editor, `polyproc map` and `top`, and to clients. `fraction`: from 0
        to 1; `text`: what it does now, of which 200 characters are shown. What is left out stays as it was; None takes
        it back. Call it as often as you like: some ten reports in a second are sent, the last one always. Raises
        ValueError if `fraction` is not from 0 to 1, TypeError if a type is wrong. After the task it does nothing.
        """
    @property
    def job(self) -> str | None:
        """The handle of the job that it belongs to; None for the target of a Process."""
    @property
    def index(self) -> int:
        """Number of the item in its job: its position in what was given to `map`. 0 for the target of a Process."""

def current_task() -> CurrentTask | None:
    """The task that this process runs; None outside of worker processes and between tasks."""
