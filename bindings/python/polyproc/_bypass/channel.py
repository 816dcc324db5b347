"""
Pipes past the server: a FIFO that both the process that sends and the one that receives have opened. SPEC.md:
pipe/channel.
"""

import os
import select
import stat
import threading
from weakref import ref

from .._session.deadline import seconds_left
from .._session.messages import packed_notification
from .._session.params import ms
from .._session.stops import stop_error, take_stop
from .._values.msgpack import pack

# A FIFO takes a write of this many bytes as a whole or not at all. A read of as many bytes removes one such write.
_PACKET_BYTES = 4096
_HEAD_BYTES = 3
_PART_BYTES = _PACKET_BYTES - _HEAD_BYTES
# Larger items go through the server. (Node cannot make a FIFO larger, so its binding has 32 KiB.)
_MAX_BYTES = 64 * 1024
# What a channel is made to hold: 64 packets.
_FIFO_BYTES = 256 * 1024
_SET_PIPE_SIZE = 1031
# Milliseconds a writer waits for space in the FIFO. After that it sends through the server, whose buffer is larger.
_ROOM_MS = 10
# Milliseconds a reader waits at an empty channel before it tells the server that it waits.
_QUICK_MS = 5

# Why a reader leaves its channel. _DRAINING: the writer has left, so what is in it is the rest: it is read first.
# _ASKED: another process is to receive what is in it.
_DRAINING, _ASKED = "draining", "asked"

_WHOLE, _FIRST, _FURTHER, _LAST = range(4)
_PADDING = bytes(_PACKET_BYTES)


def _open(path, inode, flags):
    """
    Opens the FIFO. Fails with OSError if it is not the server's: in another container the path may lead to another
    file.
    """
    fd = os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC)
    is_it = False
    try:
        found = os.fstat(fd)
        is_it = stat.S_ISFIFO(found.st_mode) and f"{found.st_dev}:{found.st_ino}" == inode
    finally:
        if not is_it:
            os.close(fd)
    if not is_it:
        raise FileNotFoundError(path)
    return fd


def _polling(fds):
    poll = select.poll()
    for fd in fds:
        poll.register(fd, select.POLLIN)
    return poll


def _is_own(error):
    """
    Whether a system call here has failed. Otherwise a signal handler that interrupted the call has raised the error.
    """
    at = error.__traceback__
    while at.tb_next is not None:
        at = at.tb_next
    return at.tb_frame.f_globals["__name__"] == __name__


class _Channel:
    """What writer and reader have in common."""

    def __init__(self, end, offer, flags):
        self._session, self._handle, self.number = end.session, end.handle, offer["channel"]
        # Held by the thread that writes or reads. Its signal handlers pass.
        self._lock = threading.RLock()
        self._fd = _open(offer["path"], offer["inode"], flags)

    def _close(self):
        fd, self._fd = self._fd, None
        os.close(fd)

    def _left(self, **more):
        return packed_notification("pipe/left", pack({"end": self._handle, "channel": self.number, **more}))

    def _leave(self):
        """The caller holds the lock."""
        if self._fd is not None:
            message = self._left()
            self._close()
            self._session.send_now(message)

    def abandoned(self):
        """No object uses the channel any longer. The garbage collector may call this during a send."""
        if self._fd is not None:
            message = self._left()
            self._close()
            self._session.tell(message)

    def forked(self):
        self._lock = threading.RLock()
        if self._fd is not None:
            self._close()


class Writer(_Channel):
    """The writing end of a channel."""

    # An item of several packets is being written.
    _in_parts = False

    def __init__(self, end, offer):
        import fcntl

        super().__init__(end, offer, os.O_WRONLY)
        try:
            try:
                fcntl.fcntl(self._fd, _SET_PIPE_SIZE, _FIFO_BYTES)
            except OSError:
                # The user has too many large pipes: this one stays small.
                pass
            # For the request to leave.
            end.session.listen()
            end.session.notify("pipe/entered", {"end": end.handle, "channel": self.number})
        except BaseException:
            self._close()
            raise

    def write(self, data):
        """Sends the item. False if this channel has been left: then the item goes through the server."""
        with self._lock:
            if self._fd is None or self._session.error is not None:
                return False
            if self._in_parts:
                # A signal handler has interrupted an item, which goes through the server then, after this one.
                self._leave()
                return False
            try:
                size = len(data)
                if size <= _PART_BYTES:
                    self._put(_WHOLE, data, size)
                elif size <= _MAX_BYTES:
                    self._put_parts(data, size)
                else:
                    self._leave()
            except OSError as error:
                if not _is_own(error):
                    # A signal handler's.
                    raise
                # The FIFO stayed full, or has no reader. The server drops an item of which only a part was written.
                self._leave()
            return self._fd is not None

    def _put_parts(self, data, size):
        last = (size - 1) // _PART_BYTES * _PART_BYTES
        self._in_parts = True
        try:
            for at in range(0, last, _PART_BYTES):
                self._put(_FURTHER if at else _FIRST, data[at : at + _PART_BYTES], _PART_BYTES)
            self._put(_LAST, data[last:], size - last)
        finally:
            self._in_parts = False

    def _put(self, kind, data, size):
        if self._fd is None:
            # A signal handler has left.
            return
        packet = b"".join((bytes((kind, size & 255, size >> 8)), data, _PADDING[: _PART_BYTES - size]))
        try:
            os.write(self._fd, packet)
        except BlockingIOError:
            poll = select.poll()
            poll.register(self._fd, select.POLLOUT)
            poll.poll(_ROOM_MS)
            os.write(self._fd, packet)

    def leave(self):
        with self._lock:
            self._leave()


class Reader(_Channel):
    """The reading end of a channel."""

    def __init__(self, end, offer):
        super().__init__(end, offer, os.O_RDONLY)
        # The end goes with the last object that needs it.
        self._end = ref(end)
        # The first parts of an item whose last part has not arrived.
        self._parts = []
        # Why this channel is to be left; empty while it goes on. Several threads add reasons: a set loses none of them.
        self._over = set()
        # A further error of the server, to be raised after the rest.
        self._error = None
        # Wakes the thread that receives: an answer has come, or this channel is to be left.
        self._bell, self._clapper = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._poll = _polling((self._fd,))
        # How many calls wait for the server: more than one if a signal handler receives here, too.
        self._asking = 0
        end.session.listen()

    def take(self):
        """Waits for the next item. None when the channel has ended."""
        try:
            with self._lock:
                while self._fd is not None:
                    if self._comes((self._fd,), _QUICK_MS):
                        item = self._read()
                        if item is not None:
                            return item
                    elif not self._is_over():
                        self._ask(True, None)
                return None
        finally:
            if _ASKED in self._over:
                self.leave()

    def is_ready(self, deadline):
        """Waits for an item. Whether there is one; None when the channel has ended."""
        if not self._lock.acquire(True, -1 if deadline is None else seconds_left(deadline)):
            return False
        try:
            while self._fd is not None:
                left = seconds_left(deadline)
                if self._comes((self._fd,), _QUICK_MS if left is None else min(_QUICK_MS, left * 1000)):
                    return True
                if not self._is_over() and self._ask(False, left) is False and _DRAINING not in self._over:
                    return False
            return None
        finally:
            self._lock.release()
            if _ASKED in self._over:
                self.leave()

    def _comes(self, fds, milliseconds=None):
        """Which of the descriptors can be read."""
        if len(fds) == 1:
            try:
                return self._poll.poll(milliseconds)
            except RuntimeError:
                # This is a signal handler that has interrupted its own thread here.
                pass
        return [fd for fd, _ in _polling(fds).poll(milliseconds)]

    def _read(self):
        """Handles a packet. Returns the item if the packet completes one."""
        try:
            packet = os.read(self._fd, _PACKET_BYTES)
        except BlockingIOError:
            return None
        if not packet:
            # The server has closed it, so nothing follows.
            self._over.add(_DRAINING)
            self._is_over()
            return None
        kind = packet[0]
        part = packet[_HEAD_BYTES : _HEAD_BYTES + (packet[1] | packet[2] << 8)]
        if kind == _WHOLE:
            self._parts = []
            return part
        if kind == _FIRST:
            self._parts = []
        self._parts.append(part)
        if kind != _LAST:
            return None
        parts, self._parts = self._parts, []
        return b"".join(parts)

    def _is_over(self):
        """Called when the channel is empty. Returns True if nothing follows."""
        if self._session.error is not None:
            self._close()
            raise self._session.closed_error()
        if not self._over:
            return False
        if _DRAINING in self._over:
            # The writer has begun the item and given it up: the server will send all of it.
            self._parts = []
        self._leave()
        if self._error is not None:
            raise self._error
        return True

    def _ask(self, take, timeout):
        """
        Tells the server that this process waits here. Returns when an item is here or the server has answered: with the
        answer's `ready`, if it has that.
        """
        params = {"end": self._handle, "channel": self.number}
        if not take:
            params["take"] = False
        if timeout is not None:
            params["timeoutMs"] = ms(timeout)
        # The first of the two takes it out and wins: the server's answer, or an item in the channel.
        undecided = [True]

        def came(answer):
            try:
                undecided.pop()
            except IndexError:
                self._heard(answer)
            else:
                self._ring()

        # In a task that may be asked to stop.
        task = self._session.stoppable()
        if task is not None:
            before, task["on_stop"] = task.get("on_stop"), self._ring
        answer = self._session.send("pipe/follow", pack(params), came)
        ready = None
        self._asking += 1
        try:
            while undecided and _ASKED not in self._over and (task is None or "stop" not in task):
                woken = self._comes((self._fd, self._bell))
                if self._bell in woken:
                    self._hush()
                if self._fd in woken:
                    break
        finally:
            try:
                undecided.pop()
            except IndexError:
                ready = self._heard(answer)
            else:
                self._session.notify("$/cancelRequest", {"id": answer.id})
            if task is not None:
                task["on_stop"] = before
            self._asking -= 1
            if self._asking:
                # What rang may have been for the code that was interrupted.
                self._ring()
        why = take_stop(task) if task is not None else None
        if why is not None:
            raise stop_error(why)
        return ready

    def _heard(self, answer):
        """Handles the server's answer."""
        if answer.error is not None:
            if answer.error.name not in ("RequestCancelled", "TimedOut"):
                self._error = answer.error
                self._over.add(_DRAINING)
            return None
        result = answer.result
        end = self._end()
        if "item" in result or "channel" in result:
            self._over.add(_DRAINING)
        if end is not None:
            end.told(answer)
            # Taken out: it may be heard again, when a signal handler interrupts this.
            item = result.pop("item", None)
            if item is not None:
                end.late.append(item)
        return result.get("ready")

    def _ring(self):
        try:
            os.write(self._clapper, b"\0")
        except (OSError, TypeError):
            # It is rung already, or over.
            pass

    def _hush(self):
        try:
            os.read(self._bell, 4096)
        except BlockingIOError:
            pass

    def leave(self):
        """Another process is to receive the items that are here. The thread that holds the lock leaves the channel."""
        self._over.add(_ASKED)
        self._ring()
        if not self._lock._is_owned() and self._lock.acquire(False):
            try:
                self._leave()
            finally:
                self._lock.release()

    def _left(self):
        # Parts that were read belong before what is still in the channel.
        return super()._left(**({"begun": b"".join(self._parts)} if self._parts else {}))

    def _close(self):
        super()._close()
        self._parts = []
        bell, clapper, self._bell, self._clapper = self._bell, self._clapper, None, None
        os.close(bell)
        os.close(clapper)
