"""The task channel: host and server read it, and exactly one of them gets each packet."""

import os
import select
import stat
from _thread import get_ident

from .._values.msgpack import unpack

TASKS_FD = 4
_PACKET_BYTES = 512
_HEAD_BYTES = 3


def open_tasks():
    """Whether the server has made channels for this host, which its children are not to inherit."""
    try:
        if not stat.S_ISFIFO(os.fstat(TASKS_FD).st_mode):
            return False
        os.set_inheritable(TASKS_FD, False)
    except OSError:
        return False
    return True


def _read_packet():
    """A task, or the `seq` of one that comes in `worker/run`. None if there is none."""
    try:
        packet = os.read(TASKS_FD, _PACKET_BYTES)
    except BlockingIOError:
        return None
    return unpack(packet[_HEAD_BYTES : _HEAD_BYTES + (packet[1] | packet[2] << 8)])


class TaskList:
    """
    What this host may begin. With a task channel, the tasks of `worker/run` are those that packets name.

    `is_known`: whether the target of this number has come.
    """

    def __init__(self, has_channel, is_known):
        self.has_channel = has_channel
        self._is_known = is_known
        # False before the first message, which names this host.
        self.is_open = False
        self._sent = []
        # The content of a packet that was read, and whose task has not begun.
        self._begun = None
        # The channel was empty at the last look. Whoever waits for a packet has it looked into again.
        self._is_dry = False

    def add(self, tasks):
        self.is_open = True
        self._sent.extend(tasks)
        self._is_dry = False

    def look_again(self):
        """There may be a packet since the last look."""
        self._is_dry = False

    @property
    def wants_packet(self):
        return self.has_channel and self.is_open and self._begun is None

    def is_ready(self):
        """Whether `next` has a task. The server can no longer take it back."""
        if not self.has_channel:
            return bool(self._sent)
        if self._begun is None:
            if not self.is_open or self._is_dry:
                return False
            # Before the look: a message that comes in between may mean another one.
            self._is_dry = True
            # Another thread may read the connection: tasks that it adds from here on have packets of their own.
            known = len(self._sent)
            self._begun = _read_packet()
            if self._begun is None:
                # Packets come before what they name, so the server has taken these back.
                del self._sent[:known]
                return False
            self._is_dry = False
        if "items" not in self._begun and not self._find():
            return False
        return self._is_known(self._begun["target"])

    def _find(self):
        sent, seq = self._sent, self._begun["seq"]
        while sent and sent[0]["seq"] < seq:
            del sent[0]
        if not sent or sent[0]["seq"] != seq:
            return False
        self._begun = sent.pop(0)
        return True

    def next(self):
        """The next task to run. None if there is none now."""
        if not self.is_ready():
            return None
        if not self.has_channel:
            return self._sent.pop(0)
        task, self._begun = self._begun, None
        return task

    def is_empty(self):
        """Whether there is neither a task nor a packet."""
        return not self.is_ready() and self._begun is None


class Wait:
    """
    How the main thread waits for tasks: for its connection and its channel at once; while another thread reads the
    connection, for that thread, which wakes this one like a lock, and for the channel.
    """

    def __init__(self, tasks):
        self._tasks = tasks
        self._thread = get_ident()
        self._read, self._write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._bell = _polling(self._read)
        self._bell_and_tasks = _polling(self._read, TASKS_FD)
        self._socket_and_tasks = None

    def left_to_socket(self, fd):
        """
        Waits for the channel, and for the connection if this thread is to read it. False: only the channel can be read.
        """
        if not self._tasks.wants_packet or get_ident() != self._thread:
            return True
        if self._socket_and_tasks is None:
            self._socket_and_tasks = _polling(fd, TASKS_FD, self._read)
        ready = [each for each, _ in self._socket_and_tasks.poll()]
        self._tasks.look_again()
        if self._read in ready:
            # A signal handler has read a message here.
            self._hush()
        return fd in ready

    def acquire(self):
        (self._bell_and_tasks if self._tasks.wants_packet else self._bell).poll()
        self._tasks.look_again()
        self._hush()

    def _hush(self):
        try:
            os.read(self._read, 4096)
        except BlockingIOError:
            pass

    def release(self):
        try:
            os.write(self._write, b"\0")
        except BlockingIOError:
            # It has rung already.
            pass


def _polling(*fds):
    poll = select.poll()
    for fd in fds:
        poll.register(fd, select.POLLIN)
    return poll
