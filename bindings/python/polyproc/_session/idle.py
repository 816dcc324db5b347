"""The background thread that reads the connection while no other thread does."""

import select
import socket
import threading
from _thread import allocate_lock

# How often to look whether an event loop was closed before it took its answer, while there is such an answer.
_LOOK_SECONDS = 0.05


class IdleReader:
    """
    With epoll it sleeps while another thread reads: that thread calls `pause` before it reads, and `resume` afterwards.
    Without epoll it always reads, and hands the other threads their answers.
    """

    def __init__(self, session):
        self._session = session
        self._fd = session.wire.fileno()
        self._epoll = None
        self._ident = None
        if hasattr(select, "epoll"):
            self._epoll = select.epoll()
            self._epoll.register(self._fd, select.EPOLLIN)
            self._bell, self._rung = socket.socketpair()
            self._bell.setblocking(False)
            self._rung.setblocking(False)
            self._epoll.register(self._rung.fileno(), select.EPOLLIN)
            session.undelivered.tell = self._ring
        thread = threading.Thread(target=self._run, name="polyproc", daemon=True)
        # Of Polyproc's own: programs (and CPython's tests) that look for threads left behind need not see it.
        getattr(threading, "_dangling", set()).discard(thread)
        thread.start()

    def pause(self):
        """Called when another thread begins to read."""
        self._watch(0)

    def resume(self):
        """Called when the other thread has stopped reading."""
        if self._epoll is not None:
            self._watch(select.EPOLLIN)

    def _ring(self):
        """Wakes the thread: there is an undelivered answer. May be called by a finalizer."""
        if threading.get_ident() != self._ident:
            try:
                self._bell.send(b"\0")
            except OSError:
                # The bell has rung already, or the session has ended.
                pass

    def _hush(self):
        try:
            self._rung.recv(4096)
        except OSError:
            pass

    def _watch(self, events):
        if self._epoll is not None:
            try:
                self._epoll.modify(self._fd, events)
            except (OSError, ValueError):
                # The connection was closed since.
                pass

    def _run(self):
        try:
            self._read()
        except BaseException as error:
            # A fault of Polyproc's own. What waits for this thread must not wait for ever.
            self._session._end(error)
            raise

    def _read(self):
        session, epoll = self._session, self._epoll
        self._ident = threading.get_ident()
        while session.error is None:
            if epoll is not None:
                try:
                    woken = epoll.poll(_LOOK_SECONDS if session.undelivered else None)
                except (OSError, ValueError):
                    return
                if any(fd != self._fd for fd, _ in woken):
                    self._hush()
                session.undelivered.look()
                session.read_now(socket.MSG_DONTWAIT)
            elif not session.read_now(0):
                turn = allocate_lock()
                turn.acquire()
                session.await_turn(turn)
                session.undelivered.look()
