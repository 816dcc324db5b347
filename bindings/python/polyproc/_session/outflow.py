"""The outgoing messages of the connection, whole and in order."""

import select
import socket
import threading
from itertools import chain, repeat, starmap
from operator import getitem

# Milliseconds that a blocked writer sleeps before it looks again at what it could read.
_STUCK_MS = 20
# Longer messages are cut, so that little is copied of what is left of a piece.
_PIECE_BYTES = 128 * 1024
_ONCE = ((),)


class Outflow:
    """
    Each step of sending is one C function: it sends some of the first piece and puts what is left of it in its place.
    So between any two bytecodes the queue is exactly what was not sent, and every sender can go on with it: another
    thread after an exception, or a signal handler or finalizer that has interrupted a send of its own thread. All
    pieces are `bytes`, for which the garbage collector does not run in the middle of a step.
    """

    def __init__(self, sock):
        self._socket = sock
        # Held by the thread that sends. Its own handlers and finalizers pass.
        self._lock = threading.RLock()
        # What was not sent yet.
        self.queue = queue = []
        head = repeat(0)
        # queue[0] = queue[0][sock.send(queue[0], MSG_DONTWAIT):]
        rest = map(slice, map(sock.send, map(queue.__getitem__, head), repeat(socket.MSG_DONTWAIT)), repeat(None))
        self._step = map(queue.__setitem__, head, map(getitem, map(queue.__getitem__, head), rest)).__next__
        # Called while a writer is stuck: reads what the other side waits for us to read.
        self.relieve = None

    def send(self, data):
        """
        Sends a whole frame, or several. If an exception interrupts it, the next `send` of any thread completes it.
        """
        with self._lock:
            if len(data) <= _PIECE_BYTES:
                self.queue.append(data)
            else:
                self.queue.extend(_pieces(data))
            self._flush(True)

    def try_send(self, data):
        """
        The same without ever waiting: False when another thread is sending. What does not fit into the socket now
        leaves with the next message.
        """
        if not self._lock.acquire(False):
            return False
        try:
            self.queue.extend(_pieces(data))
            self._flush(False)
        finally:
            self._lock.release()
        return True

    def send_next(self, fragments):
        """Sends the first of these lists of pieces, which it takes out. Returns its size."""
        size = 0
        with self._lock:
            if fragments:
                size = sum(map(len, fragments[0]))
                self.queue.extend(map(bytes, chain.from_iterable(starmap(fragments.popleft, _ONCE))))
            self._flush(True)
        return size

    def _flush(self, may_wait):
        queue, step = self.queue, self._step
        while queue:
            try:
                step()
                if not queue[0]:
                    # The first that is empty: that is this one, unless a handler has just removed it.
                    queue.remove(b"")
            except (BlockingIOError, IndexError, ValueError) as error:
                if not is_from_socket(error):
                    raise
                if isinstance(error, BlockingIOError):
                    if not may_wait:
                        return
                    self._wait_writable()
                # Otherwise a handler has sent all there was.

    def _wait_writable(self):
        poll = select.poll()
        poll.register(self._socket, select.POLLOUT | select.POLLIN if self.relieve else select.POLLOUT)
        for _, events in poll.poll(_STUCK_MS):
            if events & select.POLLIN and not events & select.POLLOUT:
                # The server rests until we have read its answers.
                self.relieve()


# Modules that call the system.
CALLERS = {__name__}


def is_from_socket(error):
    """
    Whether a system call of the wire has failed. Otherwise a signal handler that interrupted the call has raised the
    error.
    """
    at = error.__traceback__
    while at.tb_next is not None:
        at = at.tb_next
    return at.tb_frame.f_globals["__name__"] in CALLERS


def _pieces(data):
    return [data[at : at + _PIECE_BYTES] for at in range(0, len(data), _PIECE_BYTES)]
