"""The time limit of a call as a point in time, for calls that wait more than once."""

import time


def deadline_in(timeout):
    """The deadline of a call that may take `timeout` seconds; None: no limit."""
    return None if timeout is None else time.monotonic() + timeout


def seconds_left(deadline):
    """Seconds until the deadline, at least 0; None: no limit."""
    return None if deadline is None else max(0.0, deadline - time.monotonic())
