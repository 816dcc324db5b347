"""Length-prefixed frames over a socket, in a way that an exception of a signal handler cannot tear apart."""

import os
import select
import socket
import threading
from _thread import get_ident
from collections import deque
from itertools import chain, starmap
from struct import Struct
from time import perf_counter

from ._large import FRAGMENT, FRAGMENTED_BYTES, LARGEST_BYTES, Incoming, fragments, head_of
from ._rope import Rope, rope

_LENGTH = Struct(">I")
# A prefix from here on is never legal, unless it is that of a fragment: SPEC.md.
_MAX_FRAME = 0x43000000
# No single read is larger.
_MAX_READ = 1 << 20
_ONCE = ((),)
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
        self._recv_into = sock.recv_into
        self._send = sock.send
        self._came = []
        self._buffer = b""
        self._at = 0
        self._parts = []
        self._parts_bytes = 0
        self._needed = 4
        # The message of which fragments are coming.
        self._large = None
        self._lock = threading.Lock()
        # The longest frame that the server reads. The fragments that wait to be sent, and the thread that sends them. It lets the others send in between: who waits holds
        # the door.
        self.longest_frame = _MAX_FRAME
        self._fragments = deque()
        self._pusher = None
        self._door = threading.Lock()
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
        large = self._large
        if large is not None and large.left and not self._came and self._at == len(self._buffer):
            # Straight to where it belongs.
            place = large.place(_MAX_READ)
            if flags:
                large.got.extend(map(self._recv_into, (place,), (0,), (flags,)))
            else:
                large.got.extend(map(self._recv_into, (place,)))
            return bool(large.got[-1])
        size = _READ_BYTES if self._needed < _READ_BYTES else min(self._needed, _MAX_READ)
        if flags:
            self._came.extend(map(self._recv, (size,), (flags,)))
        else:
            self._came.extend(map(self._recv, (size,)))
        return bool(self._came[-1])

    def next_frame(self):
        """
        The next whole message, or None. It stays until `consume`, so that an interrupted dispatch finds it again. A large one is a memoryview, any other is
        bytes.
        """
        while True:
            large = self._large
            if large is not None:
                if large.got:
                    large.settle()
                if large.left and not self._take_in(large):
                    return None
                if large.is_whole():
                    return large.view
            buffer, at = self._buffer, self._at
            have = len(buffer) - at
            if have >= 4:
                size = _LENGTH.unpack_from(buffer, at)[0]
                if size >= FRAGMENT:
                    self._needed = self._begin_fragment(size - FRAGMENT, at + 4, have - 4)
                    if not self._needed:
                        continue
                elif size >= _MAX_FRAME:
                    raise FrameTooLong(f"the server announced a message of {size} bytes: it is no Polyproc server, or the stream is damaged")
                elif have >= 4 + size:
                    return buffer[at + 4 : at + 4 + size]
                else:
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

    def _begin_fragment(self, size, at, have):
        """How many more bytes are needed to begin it."""
        large = self._large
        if large is not None:
            left = len(large.view) - large.at
            if 0 < size <= left:
                large.left, self._at = size, at
                return 0
            raise FrameTooLong(f"a fragment of {size} bytes came, where {left} of its message were left: the stream is damaged")
        whole, head = head_of(self._buffer, at, have)
        if whole is None and size >= head:
            return head - have
        left = size - head
        if whole is None or whole > LARGEST_BYTES or not 0 <= left <= whole:
            raise FrameTooLong(f"a fragment of {size} bytes came for a message of {whole}: the stream is damaged")
        try:
            large = Incoming(whole, left)
        except MemoryError:
            raise FrameTooLong(f"there is no memory for a message of {whole} bytes") from None
        self._large, self._at = large, at + head
        return 0

    def _take_in(self, large):
        """Moves what was read to where it belongs. False when that was less than the present fragment."""
        while large.left:
            buffer, at = self._buffer, self._at
            n = min(len(buffer) - at, large.left)
            if n:
                large.view[large.at : large.at + n] = buffer[at : at + n]
                large.at, large.left, self._at = large.at + n, large.left - n, at + n
            elif self._came:
                self._buffer, self._at = self._came[0], 0
                del self._came[:1]
            else:
                return False
        return True

    def consume(self, frame):
        if type(frame) is memoryview:
            self._large = None
        else:
            self._at += 4 + len(frame)

    def send(self, data):
        """Sends a whole frame; or a message that is a rope, unframed. What an exception interrupts is finished by whoever sends next."""
        if self._fragments or type(data) is Rope or len(data) - 4 > self.longest_frame:
            data = self._send_large(data)
            if data is None:
                return
        with self._lock:
            self._out.append(data)
            self.sent += len(data)
            self.unheard = 0
            self._flush()
            self._sent_at = perf_counter()

    def _send_large(self, data):
        """Sends what is too large for a frame. Returns a frame that is to be sent now."""
        if self._fragments and self._pusher is None:
            self._push()
        if type(data) is not Rope and len(data) - 4 > self.longest_frame:
            data = rope(memoryview(data)[4:])
        if type(data) is Rope:
            if len(data) > min(FRAGMENTED_BYTES, self.longest_frame):
                self._fragments.extend(fragments(data, self.longest_frame))
                self._push()
                return None
            data = b"".join((_LENGTH.pack(len(data)), *data.pieces))
        if not self._fragments:
            return data
        with self._door, self._lock:
            self._out.append(data)
            self.sent += len(data)
            self.unheard = 0
            self._flush()
            self._sent_at = perf_counter()
        return None

    def _push(self):
        """Sends the fragments that wait, and lets others send between them."""
        self._pusher = get_ident()
        try:
            while self._fragments:
                with self._door:
                    pass
                with self._lock:
                    if self._fragments:
                        size = sum(map(len, self._fragments[0]))
                        self._out.extend(chain.from_iterable(starmap(self._fragments.popleft, _ONCE)))
                        self.sent += size
                        self.unheard = 0
                    self._flush()
                    self._sent_at = perf_counter()
        finally:
            self._pusher = None

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
    """What `send` takes."""
    if type(body) is Rope:
        return body
    return _LENGTH.pack(len(body)) + body
