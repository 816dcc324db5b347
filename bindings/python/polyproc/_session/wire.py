"""
Length-prefixed frames over a socket. No exception of a signal handler, and no use of the wire in one, can tear them
apart.
"""

import os
import select
import socket
import threading
from _thread import get_ident
from collections import deque
from itertools import accumulate, count, islice
from struct import Struct

from .._values.large import FRAGMENTED_BYTES, fragments
from .._values.rope import Rope, rope
from .inflow import LONG_LOG, MAX_FRAME, FrameTooLong, Inflow
from .messages import packed_notification
from .outflow import CALLERS, Outflow, is_from_socket
from .params import field, packed_map

_LENGTH = Struct(">I")
_TIMEVAL = Struct("ll").pack
_FOR_EVER = _TIMEVAL(0, 0)
_UNKNOWN = -1.0
# How long code that has interrupted a read of its own thread sleeps in the system before it looks whether it was
# interrupted itself, in seconds.
_LOOK_SECONDS = 0.05
# A FIFO takes this many bytes as a whole or not at all, with the head of the record.
_MAX_REPORT = 4096 - 8
_AFTER = Struct(">Q").pack

CALLERS.add(__name__)


class Wire:
    """
    Frames in, frames out. Signal handlers and finalizers may raise, or use the wire themselves, between any two
    bytecodes.
    """

    def __init__(self, sock):
        sock.setblocking(True)
        self.socket = sock
        self._recv = sock.recv
        self._fd = sock.fileno()
        self._inflow = Inflow([])
        self._out = Outflow(sock)
        self._put_out = self._out.send
        self._unsent = self._out.queue
        # The longest frame that the server reads. The fragments that wait to be sent, and the thread that sends them.
        # It lets the other threads send in between: one that waits holds the door. Its signal handlers pass.
        self.longest_frame = MAX_FRAME
        self._fragments = deque()
        self._pusher = None
        self._door = threading.RLock()
        # The time-out of the system's `recv`, in seconds; and whether it does not wait at all, since it was interrupted
        # by code that reads.
        self._timeout = None
        self.interrupted = False
        # In a worker, what its main thread waits for beside the connection.
        self.also = None
        # Bytes of all messages that were given to it; since there is a report channel, the sums so far, the last of
        # which counts.
        self._before_reports = 0
        self._lengths = deque()
        self._sums = []
        self._next_sum = accumulate(iter(self._lengths.popleft, None))
        # The report channel; numbers of the messages that were written there, the last of which counts; and how many of
        # them the server was told of.
        self._reports = None
        self._numbers = [0]
        self._next_number = count(1)
        self._told = 0
        # One entry for each call that is between its count and its last byte. While there is another's, nothing goes
        # into the report channel. An exception of a signal handler leaves its entry: then nothing goes there any more.
        self._under_way = []

    @property
    def relieve(self):
        return self._out.relieve

    @relieve.setter
    def relieve(self, relieve):
        self._out.relieve = relieve

    def fileno(self):
        return self._fd

    @property
    def failure(self):
        """Why the stream has ended, if the socket knows."""
        return getattr(self.socket, "failure", None)

    # In.

    def interrupt(self):
        """
        This code has interrupted one that reads, and is about to read itself. When the other goes on, its `recv` must
        not wait for what was read here: it finds a socket that does not wait.
        """
        self.interrupted = True
        os.set_blocking(self._fd, False)
        self._inflow.latest().supersede()

    def inflow(self, nested):
        """The bytes that were read and not handed out."""
        inflow = self._inflow
        if inflow.successors or len(inflow.log) >= LONG_LOG or inflow.state[3] is not None:
            inflow = inflow.latest()
            if not nested:
                self._inflow = inflow = inflow.trimmed()
        return inflow

    def prepare(self):
        """
        When `interrupted`, before a look whether what is waited for has come, and `receive`: from here on the next
        interruption makes that return at once.
        """
        self.interrupted = False
        os.set_blocking(self._fd, True)

    def receive(self, inflow, flags=0, seconds=None, nested=False):
        """
        One `recv`, which waits up to `seconds`. False at the end of the stream; BlockingIOError when nothing came.
        """
        if nested:
            if not flags and not self._readable(_LOOK_SECONDS if seconds is None else min(seconds, _LOOK_SECONDS)):
                raise BlockingIOError
            flags = socket.MSG_DONTWAIT
        elif seconds != self._timeout and not flags:
            self._timeout = _UNKNOWN
            self.socket.setsockopt(
                socket.SOL_SOCKET, socket.SO_RCVTIMEO, _FOR_EVER if seconds is None else _timeval(seconds)
            )
            self._timeout = seconds
        if self.also is not None and not flags and not self.also.left_to_socket(self._fd):
            raise BlockingIOError
        log = inflow.log
        # What the system call did is recorded by the same C function that called it.
        if flags:
            log.extend(map(self._recv, (inflow.read_bytes,), (flags,)))
        else:
            log.extend(map(self._recv, (inflow.read_bytes,)))
        return log[-1] != b""

    def _readable(self, seconds):
        poll = select.poll()
        poll.register(self._fd, select.POLLIN)
        return bool(poll.poll(max(0.0, seconds) * 1000))

    # Out.

    def send(self, data):
        """
        Sends a whole frame, or several; or a message that is a rope, unframed. What an exception interrupts is finished
        by the next `send`, of any thread.
        """
        if self._fragments or type(data) is Rope or len(data) - 4 > self.longest_frame:
            self._send_large(data)
        else:
            self._send_frame(data)

    def _send_frame(self, data):
        under_way = self._under_way
        under_way.append(None)
        number = self._numbers[-1]
        if number != self._told:
            data = _wrote(number) + data
        self._count(len(data))
        self._put_out(data)
        under_way.pop()
        self._told = number

    def _send_large(self, data):
        if self._fragments and self._pusher is None:
            self._push()
        if type(data) is not Rope and len(data) - 4 > self.longest_frame:
            data = rope(memoryview(data)[4:])
        if type(data) is Rope:
            if len(data) > min(FRAGMENTED_BYTES, self.longest_frame):
                number = self._numbers[-1]
                if number != self._told:
                    self._send_large(_wrote(number))
                self._fragments.extend(fragments(data, self.longest_frame))
                self._push()
                return
            data = b"".join((_LENGTH.pack(len(data)), *data.pieces))
        if self._fragments:
            with self._door:
                self._send_frame(data)
        else:
            self._send_frame(data)

    def _push(self):
        """Sends the fragments that wait, and lets other threads send between them."""
        self._pusher = get_ident()
        try:
            while self._fragments:
                with self._door:
                    pass
                self._under_way.append(None)
                self._count(self._out.send_next(self._fragments))
                self._under_way.pop()
        finally:
            self._pusher = None

    def try_send(self, data):
        """
        Like `send`, without waiting: False if another thread is sending. Bytes that do not fit into the socket now
        leave with the next message.
        """
        under_way = self._under_way
        under_way.append(None)
        number = self._numbers[-1]
        if number != self._told:
            data = _wrote(number) + data
        sent = self._out.try_send(data)
        if sent:
            self._count(len(data))
        under_way.pop()
        return sent

    def _count(self, size):
        if self._reports is None:
            self._before_reports += size
            return
        # Each sum is made and stored by one C function, so that no handler's message is left out.
        self._lengths.append(size)
        self._sums.extend(islice(self._next_sum, 1))
        del self._sums[:-1]

    def open_reports(self, fd):
        """From now on messages may be written into this FIFO. See "Worker channels" in SPEC.md."""
        self._sums.append(0)
        self._reports = fd
        self._count(self._before_reports)

    def report(self, data):
        """
        Like `send`, through the report channel. False if the message has to go over the connection: there is no such
        channel, the message is too large, there is no room, or earlier messages of the connection have not left yet.
        """
        if self._reports is None or type(data) is not bytes or len(data) > _MAX_REPORT:
            return False
        # Read first: what another thread or a handler counts from here on does not come before this message.
        after = _AFTER(self._sums[-1])
        under_way = self._under_way
        under_way.append(None)
        written = len(under_way) == 1 and not self._unsent
        if written:
            try:
                os.write(self._reports, after + data)
                self._numbers.extend(islice(self._next_number, 1))
                del self._numbers[:-1]
            except BlockingIOError as error:
                if not is_from_socket(error):
                    raise
                # It is full.
                written = False
        under_way.pop()
        return written

    def close(self):
        self.socket.close()


def _wrote(number):
    """Before the next message of the connection, so that the server reads the report channel first."""
    return packed_notification("worker/wrote", packed_map([field("reports", number)]))


def _timeval(seconds):
    micros = max(1, int(seconds * 1_000_000))
    return _TIMEVAL(micros // 1_000_000, micros % 1_000_000)


__all__ = ["FrameTooLong", "Wire", "is_from_socket"]
