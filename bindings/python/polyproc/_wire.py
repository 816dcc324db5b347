"""Length-prefixed frames over a socket, in a way that an exception of a signal handler cannot tear apart."""

import os
import select
import socket
import threading
from struct import Struct
from time import perf_counter

_LENGTH = Struct(">I")
# A prefix from here on is never legal: SPEC.md.
_MAX_FRAME = 0x43000000
_READ_BYTES = 256 * 1024
# How long a blocked writer sleeps between two looks at what it could read.
_STUCK_MS = 20
# What is put aside, at most: a pipe takes so much in whole or not at all, its head included; and for so long after something was sent.
_MAX_ASIDE = 4096 - 8
_ASIDE_SECONDS = 0.001
_AFTER = Struct(">Q").pack
# The notification worker/wrote.
_WROTE = b"\x00\x00\x00\x1d\x82\xa6method\xacworker/wrote\xa6params\x80"


class FrameTooLong(Exception):
    pass


class Wire:
    """
    Frames in, frames out. Signal handlers (KeyboardInterrupt) may raise between any two bytecodes, so what a system call did is recorded
    by the same C function that called it: `list.extend(map(recv, …))`.
    """

    def __init__(self, sock):
        sock.setblocking(True)
        self.socket = sock
        self._recv = sock.recv
        self._send = sock.send
        self._came = []
        self._buffer = b""
        self._at = 0
        self._parts = []
        self._parts_bytes = 0
        self._needed = 4
        self._lock = threading.Lock()
        self._out = []
        self._sent = []
        # Bytes of all messages that were given to it, and when the last one was.
        self.sent = 0
        self._sent_at = 0.0
        # A pipe beside the connection, and how many messages were written there since.
        self._aside = None
        self.unheard = 0
        # Called while a writer is stuck: reads what the other side waits for us to read.
        self.relieve = None

    def fileno(self):
        return self.socket.fileno()

    @property
    def failure(self):
        """Why the stream has ended, where the socket knows."""
        return getattr(self.socket, "failure", None)

    def readable(self, seconds):
        """Whether something comes within this time."""
        poll = select.poll()
        poll.register(self.socket, select.POLLIN)
        return bool(poll.poll(max(0.0, seconds) * 1000))

    def receive(self, flags=0):
        """One `recv`. False at the end of the stream; BlockingIOError when `flags` say so. The frames come from `next_frame`."""
        size = _READ_BYTES if self._needed < _READ_BYTES else min(self._needed, 1 << 20)
        if flags:
            self._came.extend(map(self._recv, (size,), (flags,)))
        else:
            self._came.extend(map(self._recv, (size,)))
        return bool(self._came[-1])

    def next_frame(self):
        """The next whole frame, or None. It stays until `consume`, so that an interrupted dispatch finds it again."""
        while True:
            buffer, at = self._buffer, self._at
            have = len(buffer) - at
            if have >= 4:
                size = _LENGTH.unpack_from(buffer, at)[0]
                if size >= _MAX_FRAME:
                    raise FrameTooLong(f"the server announced a message of {size} bytes: it is no Polyproc server, or the stream is damaged")
                if have >= 4 + size:
                    return buffer[at + 4 : at + 4 + size]
                self._needed = 4 + size - have
            else:
                self._needed = 4 - have
            if not self._came:
                return None
            if sum(map(len, self._came)) < self._needed and have + self._needed > _READ_BYTES:
                # A large frame is joined once, when all of it is there.
                self._needed -= sum(map(len, self._came))
                return None
            count = len(self._came)
            joined = b"".join([buffer[at:], *self._came])
            self._at, self._buffer = 0, joined
            del self._came[:count]

    def consume(self, frame):
        self._at += 4 + len(frame)

    def send(self, data):
        """Sends a whole frame, or several. What an exception interrupts is finished by whoever sends next."""
        with self._lock:
            self._out.append(data)
            self.sent += len(data)
            self.unheard = 0
            self._flush()
            self._sent_at = perf_counter()

    def try_send(self, data):
        """
        The same without ever waiting: False when another thread is sending. What does not fit into the socket now leaves with the next
        message.
        """
        if not self._lock.acquire(False):
            return False
        try:
            self._out.append(data)
            self.sent += len(data)
            self._flush(False)
        finally:
            self._lock.release()
        return True

    def open_aside(self, fd):
        """From now on messages may be put into this pipe, of which the server knows. See `worker/ready` in SPEC.md."""
        self._aside = fd

    def put_aside(self, data, most):
        """
        The same as `send` without waking the server, which looks soon. False: it is to be sent, because there is no such pipe, because the server
        has not heard of this process for too long, or of so many messages.
        """
        if self._aside is None or self.unheard >= most or len(data) > _MAX_ASIDE or perf_counter() - self._sent_at > _ASIDE_SECONDS:
            return False
        try:
            os.write(self._aside, _AFTER(self.sent) + data)
        except BlockingIOError:
            # It is full.
            return False
        self.unheard += 1
        if perf_counter() - self._sent_at > _ASIDE_SECONDS:
            self.ring()
        return True

    def ring(self):
        """Has the server look now, if there is something to see."""
        if self.unheard:
            self.send(_WROTE)

    def _flush(self, may_wait=True):
        out, sent = self._out, self._sent
        while out:
            if not sent:
                try:
                    sent.extend(map(self._send, (out[0],), (socket.MSG_DONTWAIT,)))
                except BlockingIOError:
                    if not may_wait:
                        return
                    self._wait_writable()
                    continue
            head, count = out[0], sent[0]
            if count < len(head):
                out[0] = memoryview(head)[count:]
            else:
                del out[0]
            sent.clear()

    def _wait_writable(self):
        poll = select.poll()
        poll.register(self.socket, select.POLLOUT | select.POLLIN if self.relieve else select.POLLOUT)
        for _, events in poll.poll(_STUCK_MS):
            if events & select.POLLIN and not events & select.POLLOUT:
                # The server rests until we have read its answers.
                self.relieve()

    def close(self):
        self.socket.close()


def frame(body):
    return _LENGTH.pack(len(body)) + body
