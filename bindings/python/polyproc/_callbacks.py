"""A thread for callbacks of the user, which may take their time and may ask the server."""

import threading
import traceback
from _thread import allocate_lock
from collections import deque


class Callbacks:
    """Calls in order, in a thread of its own, which begins with the first."""

    def __init__(self):
        self._actions = deque()
        self._ready = threading.Semaphore(0)
        self._thread = None
        self._starting = allocate_lock()

    def put(self, action):
        self._actions.append(action)
        self._ready.release()
        if self._thread is None:
            self._start()

    def finish(self):
        """Waits until every callback that is due was called."""
        if self._thread is not None and self._thread is not threading.current_thread():
            done = allocate_lock()
            done.acquire()
            self.put(done.release)
            done.acquire()

    def _start(self):
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="polyproc-callbacks", daemon=True)
                # See IdleReader.
                getattr(threading, "_dangling", set()).discard(self._thread)
                self._thread.start()

    def _run(self):
        while True:
            self._ready.acquire()
            try:
                self._actions.popleft()()
            except Exception:
                traceback.print_exc()
