"""How long the tasks of a pool ran and waited."""

import math
import time

from .record import Record

# Buckets for each factor of e: a percentile is exact to about two percent.
_STEPS = 50


class Durations(Record):
    """Durations in seconds: their number, extremes, mean and percentiles. All are 0 if there are none."""

    __slots__ = ("count", "min", "mean", "p50", "p90", "p99", "max")
    # The name that users import: pickles have it.
    __module__ = "polyproc.pool"


class PoolTiming(Record):
    """How long the items of a pool ran, and how long its tasks waited before, transport included."""

    __slots__ = ("run", "wait")
    __module__ = "polyproc.pool"


class TimingRecord:
    """Written by threads that submit (`submitted`) and by the one that reads (`reported`)."""

    def __init__(self):
        self._run, self._wait = _Histogram(), _Histogram()
        self._since = {}

    def submitted(self, job, index):
        self._since[job, index] = time.monotonic()

    def reported(self, job, index, count, entry):
        since = self._since.pop((job, index), None)
        if entry["pid"] == 0:
            return
        seconds = entry["ms"] / 1000
        self._run.add(seconds / count)
        if since is not None:
            self._wait.add(max(0.0, time.monotonic() - since - seconds))

    @property
    def timing(self):
        return PoolTiming(self._run.durations(), self._wait.durations())


class _Histogram:
    def __init__(self):
        self._count, self._sum, self._min, self._max = 0, 0.0, math.inf, 0.0
        self._buckets = {}

    def add(self, seconds):
        self._count += 1
        self._sum += seconds
        self._min, self._max = min(self._min, seconds), max(self._max, seconds)
        bucket = math.floor(math.log(max(seconds, 1e-7)) * _STEPS)
        self._buckets[bucket] = self._buckets.get(bucket, 0) + 1

    def durations(self):
        if self._count == 0:
            return Durations(0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
        parts = (self._percentile(share) for share in (0.5, 0.9, 0.99))
        return Durations(self._count, self._min, self._sum / self._count, *parts, self._max)

    def _percentile(self, share):
        left = share * self._count
        for bucket, count in sorted(self._buckets.items()):
            left -= count
            if left <= 0:
                return min(self._max, max(self._min, math.exp((bucket + 0.5) / _STEPS)))
        return self._max
