"""What stands in for the system under a scheduler: a socket with a server behind it, locks, queues, time."""

import socket
import struct

from polyproc._pools import imap, pool_job, results
from polyproc._session import callbacks, deadline, outflow, reading, session as sessions, wire
from polyproc._session.frames import frame
from polyproc._values.msgpack import pack, unpack

outflow.CALLERS.add(__name__)
_TIMEVAL = struct.Struct("ll")


class System:
    """
    Replaces what the modules of the binding use, for one run of one scheduler. `prompt`: the server answers at once,
    and not when its turn comes.
    """

    def __init__(self, scheduler, answer, room=1 << 30, prompt=False):
        self.scheduler = scheduler
        self.answer = answer
        self.data = b""
        self.eof = False
        self.room = room
        self.blocking = True
        self.inbox = []
        self.received = []
        self._sent = b""
        self.socket = Socket(self)
        self._patch()
        self._prompt = prompt
        if not prompt:
            scheduler.spawn("server", self._serve, serves=True)

    # The server.

    def tell(self, *messages):
        self.scheduler.quiet = True
        self.data += b"".join([frame(pack(message)) for message in messages])
        self.scheduler.quiet = False

    def end(self):
        self.eof = True

    def _serve(self):
        while True:
            self.scheduler.block(lambda: self.inbox)
            message = self.inbox.pop(0)
            self.answer(self, message)

    def take(self, data):
        self.scheduler.quiet = True
        self._take(data)
        self.scheduler.quiet = False

    def _take(self, data):
        self._sent += bytes(data)
        while len(self._sent) >= 4 and len(self._sent) >= 4 + struct.unpack_from(">I", self._sent)[0]:
            size = struct.unpack_from(">I", self._sent)[0]
            message = unpack(self._sent[4 : 4 + size])
            self._sent = self._sent[4 + size :]
            self.received.append(message)
            if self._prompt:
                self.answer(self, message)
                self.scheduler.quiet = True
            else:
                self.inbox.append(message)

    # The system.

    def _patch(self):
        system, scheduler = self, self.scheduler

        class Os:
            @staticmethod
            def set_blocking(fd, blocking):
                system.blocking = blocking

        class Poll:
            def register(self, fd, events):
                self.events = events

            def poll(self, milliseconds=None):
                writes = self.events & 4
                scheduler.block(
                    lambda: system.data or system.eof or writes and system.room > 0,
                    None if milliseconds is None else scheduler.now + milliseconds / 1000,
                )
                return [(0, (1 if system.data or system.eof else 0) | (4 if writes and system.room > 0 else 0))]

        class Select:
            POLLIN, POLLOUT, poll = 1, 4, Poll

        class Time:
            @staticmethod
            def monotonic():
                return scheduler.now

        class Threads:
            _dangling = set()
            current_thread = staticmethod(lambda: None)

            class Thread:
                def __init__(self, target, name, daemon, args=()):
                    self._start = lambda: scheduler.spawn(name, lambda: target(*args), serves=True)

                def start(self):
                    self._start()

                def is_alive(self):
                    return True

            @staticmethod
            def RLock():
                return Lock(scheduler, True)

            @staticmethod
            def Lock():
                return Lock(scheduler, False)

            @staticmethod
            def main_thread():
                return scheduler

        class Queues:
            @staticmethod
            def SimpleQueue():
                return Queue(scheduler)

        scheduler.ident = None
        wire.os = Os
        wire.select = outflow.select = Select
        reading.time = deadline.time = Time
        callbacks.threading = outflow.threading = pool_job.threading = results.threading = imap.threading = Threads
        callbacks.queue = Queues
        sessions.IdleReader = lambda session: Idle(scheduler, system, session)
        for module in (reading, results, imap, callbacks):
            module.allocate_lock = lambda: Lock(scheduler, False)

    def session(self):
        session = sessions.Session(self.socket)
        session.prefix = "s1"
        session.facts = {"limits": {"maxMessageBytes": 1 << 20}, "capabilities": {"channels": True, "counters": True}}
        session.max_payload = 1 << 30
        return session


class Socket:
    def __init__(self, system):
        self._system = system
        self._timeout = 0.0

    def setblocking(self, blocking):
        self._system.blocking = blocking

    def fileno(self):
        return 99

    def setsockopt(self, level, name, value):
        seconds, micros = _TIMEVAL.unpack(value)
        self._timeout = seconds + micros / 1e6

    def recv(self, size, flags=0):
        system = self._system
        if not flags:
            scheduler = system.scheduler
            scheduler.block(
                lambda: system.data or system.eof or not system.blocking,
                scheduler.now + self._timeout if self._timeout else None,
            )
        if not system.data:
            if system.eof:
                return b""
            raise BlockingIOError(11, "nothing is there")
        data, system.data = system.data[:size], system.data[size:]
        return data

    def send(self, data, flags=0):
        system = self._system
        if system.eof:
            raise BrokenPipeError(32, "nobody is there")
        if system.room <= 0:
            raise BlockingIOError(11, "it is full")
        n = min(len(data), system.room)
        system.room -= n
        system.take(data[:n])
        return n

    def shutdown(self, how):
        self._system.eof = True

    def close(self):
        self._system.eof = True


class Lock:
    """A lock, or an RLock, of the scheduler's threads."""

    def __init__(self, scheduler, again):
        self._scheduler, self._again = scheduler, again
        self._owner, self._count = None, 0

    def acquire(self, blocking=True, timeout=-1):
        scheduler = self._scheduler
        me = scheduler.me() or "nobody"
        if self._again and self._owner is me:
            self._count += 1
            return True
        if self._owner is not None:
            if not blocking:
                return False
            if not scheduler.block(lambda: self._owner is None, None if timeout < 0 else scheduler.now + timeout):
                return False
        self._owner, self._count = me, 1
        return True

    def release(self):
        if self._owner is None:
            raise RuntimeError("release unlocked lock")
        self._count -= 1
        if self._count == 0 or not self._again:
            self._owner = None

    def locked(self):
        return self._owner is not None

    def _is_owned(self):
        return self._owner is self._scheduler.me()

    def __enter__(self):
        return self.acquire()

    def __exit__(self, *_):
        self.release()


class Queue:
    def __init__(self, scheduler):
        self._scheduler, self._items = scheduler, []

    def put(self, item):
        self._items.append(item)

    def get(self):
        self._scheduler.block(lambda: self._items)
        return self._items.pop(0)


class Idle:
    """The thread that reads while no other thread does."""

    def __init__(self, scheduler, system, session):
        self._watches = True
        self._session, self._system, self._scheduler = session, system, scheduler
        scheduler.spawn("idle", self._run, serves=True)

    def pause(self):
        self._watches = False

    def resume(self):
        self._watches = True

    def _run(self):
        while self._session.error is None:
            self._scheduler.block(lambda: self._watches and (self._system.data or self._system.eof))
            if not self._session.read_now(socket.MSG_DONTWAIT):
                # It tries again at once; the system lets the others run, too.
                self._scheduler.give_way()
