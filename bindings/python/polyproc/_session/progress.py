"""What a task reports of its progress."""

import threading
from numbers import Real
from time import monotonic

from .stops import item_index

# What is given for a part of a report that stays as it was.
KEPT = object()

# This many reports may be sent at once. After them, one is sent each _EVERY seconds.
_BURST = 10
_EVERY = 0.1
_MAX_TEXT = 200

# The reports of a task are kept in the map that came in `worker/run`, under this name.
_KEY = "progress"


class _Reports:
    """The reports of one task. Any thread may report."""

    def __init__(self, session, task):
        self._session, self._task = session, task
        self._lock = threading.RLock()
        self._item = None
        self._fraction, self._text = None, ""
        self._room, self._refilled = _BURST, monotonic()
        self._timer = None

    def report(self, fraction, text):
        with self._lock:
            item = item_index(self._task)
            if item != self._item:
                self._item, self._fraction, self._text = item, None, ""
            if fraction is not KEPT:
                self._fraction = fraction
            if text is not KEPT:
                self._text = text
            self._refill()
            if self._room > 0:
                self._send()
            elif self._timer is None:
                timer = self._timer = threading.Timer(_EVERY, self._later)
                timer.daemon = True
                timer.start()

    def _later(self):
        with self._lock:
            self._timer = None
            # The last report of an item is not sent when the next item runs.
            if self._session.task is self._task and item_index(self._task) == self._item:
                self._refill()
                self._send()

    def _send(self):
        self._room = max(0, self._room - 1)
        self._session.notify(
            "worker/progress",
            {"seq": self._task["seq"], "item": self._item, "fraction": self._fraction, "text": self._text},
        )

    def _refill(self):
        now = monotonic()
        more = int((now - self._refilled) / _EVERY)
        if more:
            self._room = min(_BURST, self._room + more)
            self._refilled = now if self._room == _BURST else self._refilled + more * _EVERY


def report(session, task, fraction, text):
    if fraction is not KEPT and fraction is not None:
        if isinstance(fraction, bool) or not isinstance(fraction, Real):
            raise TypeError(
                f"report: fraction must be a number from 0 to 1, or None; got {type(fraction).__name__} {fraction!r}"
            )
        fraction = float(fraction)
        if not 0 <= fraction <= 1:
            raise ValueError(
                f"report: fraction must be from 0 to 1; got {fraction:g}. Divide the part that is done by the whole"
            )
    if text is None:
        text = ""
    elif text is not KEPT:
        if not isinstance(text, str):
            raise TypeError(f"report: text must be a str or None; got {type(text).__name__}")
        text = text[:_MAX_TEXT]
    if session.task is not task:
        return
    reports = task.get(_KEY)
    if reports is None:
        reports = task.setdefault(_KEY, _Reports(session, task))
    reports.report(fraction, text)
