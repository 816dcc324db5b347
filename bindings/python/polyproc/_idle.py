"""The thread that reads the connection when nobody waits for an answer."""

import select
import socket
import threading
from _thread import allocate_lock


class IdleReader:
    """
    With epoll it sleeps undisturbed while somebody else reads: who begins to read pauses it, who leaves lets it go on. Elsewhere it reads
    all the time, and hands the others their answers.
    """

    def __init__(self, session):
        self._session = session
        self._fd = session.wire.fileno()
        self._epoll = None
        if hasattr(select, "epoll"):
            self._epoll = select.epoll()
            self._epoll.register(self._fd, select.EPOLLIN)
        thread = threading.Thread(target=self._run, name="polyproc", daemon=True)
        # Of Polyproc's own: programs (and CPython's tests) that look for threads left behind need not see it.
        getattr(threading, "_dangling", set()).discard(thread)
        thread.start()

    def pause(self):
        """Somebody else reads."""
        self._watch(0)

    def resume(self):
        """Nobody else reads."""
        if self._epoll is not None:
            self._watch(select.EPOLLIN)

    def _watch(self, events):
        if self._epoll is not None:
            try:
                self._epoll.modify(self._fd, events)
            except (OSError, ValueError):
                # The connection was closed meanwhile.
                pass

    def _run(self):
        session, epoll = self._session, self._epoll
        while session.error is None:
            if epoll is not None:
                try:
                    epoll.poll()
                except (OSError, ValueError):
                    return
                session.read_now(socket.MSG_DONTWAIT)
            elif not session.read_now(0):
                turn = allocate_lock()
                turn.acquire()
                session.await_turn(turn)
