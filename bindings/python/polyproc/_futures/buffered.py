"""`Executor.map`: results in the order of the calls, of which a limited number may be under way."""

from collections import deque
from itertools import islice

from .._session.deadline import deadline_in, seconds_left


def map_calls(submit, fn, calls, timeout, buffersize):
    """
    The results of `fn(*args)` for each of `calls`, in order. `buffersize`: this many are submitted at once, and another
    one for each result that is taken; None: all at once. `timeout`: seconds for all results together.
    """
    if buffersize is not None and not isinstance(buffersize, int):
        raise TypeError("buffersize must be an integer or None")
    if buffersize is not None and buffersize < 1:
        raise ValueError("buffersize must be None or > 0")
    deadline = deadline_in(timeout)
    futures = deque(submit(fn, *args) for args in islice(calls, buffersize))

    def results():
        try:
            while futures:
                futures.extend(submit(fn, *args) for args in islice(calls, 1))
                # The future is not kept here: its result may be large.
                yield _result(futures.popleft(), deadline)
        finally:
            for future in futures:
                future.cancel()

    return results()


def _result(future, deadline):
    try:
        return future.result(seconds_left(deadline))
    finally:
        future.cancel()
        # A failed future holds the exception, which holds this frame.
        del future
