"""One connection to a server: requests of many threads, their answers, and what the server tells by itself."""

import os
import socket
import time
import weakref
from _thread import allocate_lock, get_ident
from collections import deque

from . import _fork
from ._answer import Answer, wake
from ._callbacks import Callbacks
from ._errors import Closed, PolyprocError, error_from_wire
from ._idle import IdleReader
from ._messages import ID, done_id, packed_notification, request_head, request_heads
from ._msgpack import KEEP_LARGE, Malformed, pack, pack_int, unpack
from ._references import References
from ._rope import Rope, joined
from ._task import pending_stop, stop_error, take_stop
from ._undelivered import Undelivered
from ._wire import FrameTooLong, Wire, frame

# Unanswered requests that nobody waits for, per session: then the sender waits for some.
MAX_UNANSWERED = 512
# So many requests may be put aside in a row.
_MOST_ASIDE = 32
# What must not be done twice.
_ONCE = frozenset(("events/output", "worker/cancel", "worker/run"))
# The code of RequestCancelled.
_REQUEST_CANCELLED = -32800


class Session(References):
    """
    There is no thread that reads all the time: who waits for an answer reads the socket, and hands the others theirs on the way. Only while
    messages are expected that nobody waits for (`listen`) does a thread of its own read whenever nobody else does.
    """

    def __init__(self, sock):
        super().__init__()
        self.wire = Wire(sock)
        self.wire.relieve = self._relieve
        _fork.sessions.add(self)
        self.facts = {}
        self.prefix = ""
        # Longest payload that the server takes, in bytes.
        self.max_payload = 0
        self.error = None
        self.listeners = {"job/results": self._job_results}
        # By handle: jobs that have tasks without an outcome.
        self.jobs = {}
        self._answers = {}
        self._next_id = 0
        self._id_lock = allocate_lock()
        self._reading = allocate_lock()
        self._waiting = {}
        self._idle = None
        self._casts = {}
        self.undelivered = Undelivered()
        # By handle: what this process has of the ends of pipes; and whether it can open the server's channels, as far as is known.
        self.ends = weakref.WeakValueDictionary()
        self.channels = hasattr(os, "O_DIRECT") and hasattr(os, "pipe2")
        # Called before the session ends in an orderly way.
        self.before_end = None
        self._farewell = None
        # What answers give rise to, for after the reading: it may send.
        self._after = deque()
        # In a worker: the task that runs, and the thread that runs tasks.
        self.task = self.task_thread = None
        self.callbacks = Callbacks()
        self.later = self.callbacks.put

    # Requests.

    def request(self, method, params, undo=None):
        """Sends and waits. Raises PolyprocError. `undo(result)`: see `wait`."""
        return self.wait(self.send(method, pack(params), undo=undo), undo)

    def send(self, method, packed, then=None, aside=False, undo=None):
        """
        Sends a request whose parameters are msgpack already. `aside`: the server may come to it a little later. `undo(result)`: called when a signal
        handler's exception ends this, and the request was sent and has succeeded all the same.
        """
        if self.error is not None:
            raise self.closed_error()
        with self._id_lock:
            self._next_id = number = self._next_id + 1
        answer = Answer(number, then)
        self._answers[number] = answer
        if self.error is not None:
            # It has ended since, and may not have known of this request.
            self._answers.pop(number, None)
            raise self.closed_error()
        head = request_heads.get(method) or request_head(method)
        try:
            packed_number = pack_int(number)
            data = frame(joined((head, packed, ID, packed_number)))
            if type(data) is Rope:
                data.id = packed_number
            if not (aside and self.wire.put_aside(data, _MOST_ASIDE)):
                self.wire.send(data)
        except BaseException as error:
            if isinstance(error, OSError) and error.errno is not None:
                self._end(error)
                self._answers.pop(number, None)
                raise self.closed_error() from None
            if undo is not None:
                self._orphan(answer, undo)
            raise
        return answer

    def _orphan(self, answer, undo):
        """No thread waits for this answer, and the request may be on its way."""
        answer.undo = [undo]
        if answer.done:
            self._undo_later(answer)
        self.after(lambda: self.notify("$/cancelRequest", {"id": answer.id}))

    def _undo_later(self, answer):
        try:
            undo = answer.undo.pop()
        except IndexError:
            return
        if answer.error is None:
            self.after(lambda: undo(answer.result))

    def cast(self, method, packed, failed=None, aside=False):
        """A request whose answer nobody needs but for its failure: `failed(error)`. `aside`: nor does anybody wait for its effect."""
        casts = self._casts

        def then(answer):
            casts.pop(then, None)
            if answer.error is not None and failed is not None:
                failed(answer.error)

        casts[then] = True
        try:
            answer = self.send(method, packed, then, aside)
        except BaseException:
            casts.pop(then, None)
            raise
        if len(casts) > MAX_UNANSWERED:
            # Answers come in order of what need not wait, so this one's tells that many others have come.
            self.wait(answer, raises=False)
        elif len(casts) & 63 == 63:
            self.drain()

    def notify(self, method, params):
        self.notify_packed(method, pack(params))

    def notify_packed(self, method, packed):
        self.send_now(packed_notification(method, packed))

    def _ring(self):
        """The server is to come to what was put aside before somebody waits."""
        try:
            self.wire.ring()
        except OSError as error:
            self._failed(error)

    def send_now(self, data):
        """Sends a whole message that needs no answer. None when the connection has ended."""
        if self.error is not None:
            return
        try:
            self.wire.send(data)
        except OSError as error:
            self._failed(error)

    def tell(self, data):
        """The same without ever waiting, at once or soon: for the garbage collector, which may call in the middle of a send."""
        try:
            if self.error is None and not self.wire.try_send(data):
                self.later(lambda: self.send_now(data))
        except (OSError, ValueError):
            # The connection has ended, or is just being closed.
            pass

    def wait(self, answer, undo=None, raises=True, timeout=None):
        """
        The answer's result. When an exception ends the wait, the request is cancelled; should it have succeeded all the same,
        `undo(result)` is called. With `timeout` (seconds) returns None when it is over; the request goes on. In a task that is to stop it
        raises Cancelled.
        """
        if not answer.done:
            deadline = None if timeout is None else time.monotonic() + timeout
            task = self.stoppable() if raises else None
            try:
                self._wait_done(answer, deadline, task)
                while not answer.done and task is not None and "stop" in task:
                    if pending_stop(task) is not None:
                        self._stop_waiting(answer, undo, task)
                    self._wait_done(answer, deadline, task)
            except BaseException:
                self._abandon(answer, undo)
                raise
            if not answer.done:
                return None
        if answer.error is not None:
            if raises:
                raise answer.error
            return None
        return answer.result

    def _abandon(self, answer, undo):
        if answer.done or self.error is not None:
            return
        self.notify("$/cancelRequest", {"id": answer.id})
        self._wait_done(answer, None)
        if answer.error is None and undo is not None:
            undo(answer.result)

    def stoppable(self):
        """The task that runs in this thread, which may be told to stop."""
        task = self.task
        return task if task is not None and get_ident() == self.task_thread else None

    def _stop_waiting(self, answer, undo, task):
        """
        The task is to stop: its request is cancelled, and Cancelled is raised. An answer that crosses the cancellation stands, where it cannot be
        undone: then the task is stopped in its next wait.
        """
        self.notify("$/cancelRequest", {"id": answer.id})
        self._wait_done(answer, None)
        if self.error is None and (undo is not None or answer.error is not None and answer.error.code == _REQUEST_CANCELLED):
            why = take_stop(task)
            if answer.error is None:
                undo(answer.result)
            raise stop_error(why)

    def _wait_done(self, answer, deadline, task=None):
        """Waits for the answer. Returns without it at the deadline, and when `task` is to stop."""
        if self.wire.unheard:
            self._ring()
        waiting = self._waiting
        me = None
        try:
            while not answer.done:
                if task is not None and "stop" in task:
                    return
                if self._reading.acquire(False):
                    try:
                        if me is not None:
                            waiting.pop(me, None)
                        if self._idle is not None:
                            self._idle.pause()
                        while not answer.done and not self._after and (task is None or "stop" not in task):
                            if deadline is not None and not self.wire.readable(deadline - time.monotonic()):
                                return
                            self._read_some()
                    finally:
                        self._leave()
                    continue
                if me is None:
                    me = allocate_lock()
                    me.acquire()
                    answer.lock = me
                waiting[me] = True
                # Whoever read until just now may have left before this one stood in the line.
                if answer.done or task is not None and "stop" in task:
                    return
                if self._reading.locked():
                    if deadline is None:
                        me.acquire()
                    elif not me.acquire(True, max(0.0, deadline - time.monotonic())):
                        if time.monotonic() >= deadline:
                            return
        finally:
            if me is not None:
                waiting.pop(me, None)
                # It may have been this one's turn to read.
                if not self._reading.locked():
                    self._pass_on()

    def wait_until(self, is_done, bell, deadline):
        """
        Waits for what is read to make `is_done()` true. Whoever makes it true must `wake(bell)`, a lock that is held. False when the
        deadline (of `time.monotonic`) has passed. In a task that is to stop it raises Cancelled.
        """
        if self.wire.unheard:
            self._ring()
        waiting = self._waiting
        task = self.stoppable()
        while not is_done():
            if task is not None:
                why = take_stop(task)
                if why is not None:
                    raise stop_error(why)
            if self.error is not None:
                raise self.closed_error()
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                # What has come already counts.
                self.drain()
                return is_done()
            if self._reading.acquire(False):
                try:
                    if self._idle is not None:
                        self._idle.pause()
                    while not is_done() and self.error is None and not self._after and (task is None or "stop" not in task):
                        if deadline is not None and not self.wire.readable(deadline - time.monotonic()):
                            break
                        self._read_some()
                finally:
                    self._leave()
                continue
            waiting[bell] = True
            try:
                if not is_done() and self._reading.locked() and (task is None or "stop" not in task):
                    if left is None:
                        bell.acquire()
                    else:
                        bell.acquire(True, left)
            finally:
                waiting.pop(bell, None)
                if not self._reading.locked():
                    self._pass_on()
        return True

    # Reading.

    def _read_some(self, flags=0):
        """Reads once, and hands out what came. Only with `_reading`."""
        if self.error is not None:
            return
        wire = self.wire
        try:
            more = wire.receive(flags)
        except BlockingIOError:
            more = True
        except OSError as error:
            self._failed(error)
            return
        try:
            body = wire.next_frame()
            while body is not None:
                if not self._dispatch(body):
                    wire.consume(body)
                body = wire.next_frame()
        except (Malformed, FrameTooLong) as error:
            self._end(error)
            return
        if not more:
            self._end(wire.failure)

    def _dispatch(self, body):
        """
        Hands out a message; true when it was consumed here already. The others are consumed afterwards: when a signal handler's exception
        interrupts this, they are handed out again, which does not matter to an answer or a result.
        """
        number = done_id(body)
        if number is not None:
            answer = self._answers.get(number)
            if answer is not None:
                self._settle(answer)
                self._answers.pop(number, None)
            return
        message = unpack(body) if type(body) is bytes else unpack(body, KEEP_LARGE)
        number = message.get("id")
        if number is None:
            method = message.get("method")
            if method is not None:
                listener = self.listeners.get(method)
                if listener is not None:
                    once = method in _ONCE
                    if once:
                        self.wire.consume(body)
                    listener(message.get("params") or {})
                    return once
            elif "error" in message:
                self._end(error_from_wire(message["error"]))
            return
        answer = self._answers.get(number)
        if answer is None:
            return
        error = message.get("error")
        if error is not None:
            answer.error = error_from_wire(error)
        else:
            answer.result = message.get("result")
        self._settle(answer)
        # At the end, so that an exception of a signal handler leaves nothing half done.
        self._answers.pop(number, None)

    def _settle(self, answer):
        if answer.then is not None:
            answer.then(answer)
        # From here on its thread goes on, perhaps with another request: what the answer says must be in force by then.
        answer.done = True
        if answer.undo is not None:
            self._undo_later(answer)
        if answer.lock is not None:
            self._waiting.pop(answer.lock, None)
            wake(answer.lock)

    def _leave(self):
        """Reads no more: somebody else who waits should. What reading gave rise to may send now."""
        self._reading.release()
        self._pass_on()
        while self._after:
            try:
                action = self._after.popleft()
            except IndexError:
                return
            action()

    def _pass_on(self):
        for lock in list(self._waiting):
            if wake(lock):
                return
        if self._idle is not None:
            self._idle.resume()

    def read_now(self, flags):
        """Reads once, unless somebody else reads: then false."""
        if not self._reading.acquire(False):
            return False
        try:
            self._read_some(flags)
        finally:
            self._leave()
        return True

    def _relieve(self):
        """In the middle of a send, so nothing may be sent: what reading gives rise to waits."""
        if self._reading.acquire(False):
            try:
                self._read_some(socket.MSG_DONTWAIT)
            finally:
                self._reading.release()
                self._pass_on()

    def await_turn(self, turn):
        """Waits until nobody else reads. `turn`: a lock that is held."""
        self._waiting[turn] = True
        if self._reading.locked():
            turn.acquire()
        self._waiting.pop(turn, None)

    def drain(self):
        """Reads what has come, without waiting."""
        self.read_now(socket.MSG_DONTWAIT)

    def listen(self):
        """From now on what the server tells is read at once, also while no thread waits for an answer."""
        if self._idle is None and self.error is None:
            with self._id_lock:
                if self._idle is None:
                    self._idle = IdleReader(self)

    def after(self, action):
        """For listeners and `then`: calls once nothing is being read."""
        self._after.append(action)

    def _job_results(self, params):
        job = self.jobs.get(params["job"])
        if job is not None:
            job.outcomes(params["results"])

    # The end.

    def closed_error(self):
        error = self.error
        return Closed(str(error) if error is not None else "the connection to the server has ended")

    def _failed(self, error):
        """The connection has failed, unless the error is that of a signal handler: the system's have a number."""
        if error.errno is None:
            raise error
        self._end(error)

    def _end(self, error):
        if self.error is not None:
            return
        reason = f"the connection to the server has ended ({error})" if error is not None and str(error) else "the connection to the server has ended"
        self.error = Closed(f"{reason}; objects that were made on it can no longer be used")
        for number in list(self._answers):
            answer = self._answers.pop(number, None)
            if answer is not None:
                answer.error = self.closed_error()
                self._settle(answer)
        for job in list(self.jobs.values()):
            job.lost(self.closed_error())
        for lock in list(self._waiting):
            wake(lock)

    def close(self):
        """Ends the session in an orderly way: daemonic children are ended, the others waited for."""
        if self.error is not None:
            return
        if self.before_end is not None:
            self.before_end()
        try:
            if self._farewell is None:
                self._farewell = self.send("shutdown", b"\x80")
            # It cannot be cancelled: when this wait is interrupted, the next `close` goes on with it.
            self._wait_done(self._farewell, None)
            self.notify("exit", {})
        except PolyprocError:
            # The server has gone: so has all that was to be ended.
            pass
        self._end(None)
        self._hang_up()

    def _hang_up(self):
        try:
            self.wire.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def forked(self):
        """In a forked child: the connection is the parent's."""
        self.error = Closed("this object belongs to the process that forked this one: make a new one here")
        self._idle = None
        for end in list(self.ends.values()):
            end.forked()
        try:
            self.wire.close()
        except OSError:
            pass
