"""A thread for callbacks of the user, which may take their time and may ask the server."""

import queue
import threading
import traceback
from _thread import allocate_lock

from .claim import Claim


class Callbacks:
    """
    Calls in order, in a thread of its own, which begins with the first. Signal handlers and finalizers may add to it
    anywhere.
    """

    def __init__(self):
        self._actions = queue.SimpleQueue()
        self._thread = None
        self._start_claim = Claim()

    def put(self, action):
        self._actions.put(action)
        if self._thread is None:
            self._start()

    def finish(self):
        """Waits until every callback that is due has run."""
        if self._thread is not None and self._thread is not threading.current_thread():
            done = allocate_lock()
            done.acquire()
            self.put(done.release)
            done.acquire()

    def _start(self):
        taken = []
        try:
            if not self._start_claim.take(taken) or self._thread is not None:
                return
            thread = threading.Thread(target=self._run, name="polyproc-callbacks", daemon=True)
            # See IdleReader.
            getattr(threading, "_dangling", set()).discard(thread)
            thread.start()
            self._thread = thread
        finally:
            self._start_claim.give_back(taken)

    def _run(self):
        while True:
            action = self._actions.get()
            try:
                action()
            except Exception:
                traceback.print_exc()
