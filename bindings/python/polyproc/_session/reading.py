"""
Reading the connection: by the thread that waits for an answer, for all threads, and for the handlers and finalizers
that interrupt it.
"""

import socket
import threading
import time
from _thread import allocate_lock, get_ident
from collections import deque

from .._errors import error_from_wire
from .._values.msgpack import Malformed
from .answer import wake
from .inflow import FrameTooLong
from .messages import done_id
from .stops import stop_error, take_stop
from .wire import is_from_socket

# Messages whose effect a second time would be another one: an exception of a signal handler in the middle of it loses
# the rest instead.
_ONCE = frozenset(("events/output", "worker/cancel", "worker/run"))
_TURN = 0


class Reading:
    """
    A part of the session. There is no thread that reads all the time: a thread that waits for an answer takes the turn,
    reads the socket, and hands the other threads their answers on the way.

    A signal handler or finalizer that asks the server may have interrupted the thread that has the turn, at any
    bytecode. It reads, too, and hands out the message that was being handed out once more before those that follow it.
    So the effect of an answer or a message is made of steps that can be repeated, the last of which is the one that
    others look at.
    """

    def __init__(self):
        # By _TURN: the thread that has the turn. Taken by `setdefault`, which changes nothing while another thread has
        # it.
        self._turn = {}
        # Locks of the threads that sleep until they are woken, each with its thread.
        self._waiting = {}
        self._idle = None
        # What messages give rise to and may send: for after the reading.
        self._after = deque()

    # Waiting.

    def wait_until(self, is_done, bell, deadline):
        """
        Waits for what is read to make `is_done()` true. The code that makes it true must `wake(bell)`, a lock that is
        held. False when the deadline (of `time.monotonic`) has passed. In a task that is to stop it raises Cancelled.
        """
        task = self.stoppable()
        what = _Condition(is_done)
        while not is_done():
            if task is not None:
                why = take_stop(task)
                if why is not None:
                    raise stop_error(why)
            if self.error is not None:
                raise self.closed_error()
            if deadline is not None and time.monotonic() >= deadline:
                # What has come already counts.
                self.drain()
                return is_done()
            self._wait_for(what, deadline, task, bell)
        return True

    def _wait_for(self, what, deadline, task=None, bell=None):
        """
        Returns when `what.done`; without it at the deadline, when `task` is to stop, and when the session has ended.
        `bell`: a lock that is woken then; None: `what` is an Answer, which is given one.
        """
        wire = self.wire
        turn, waiting = self._turn, self._waiting
        asleep = False
        try:
            while not what.done and self.error is None and (task is None or "stop" not in task):
                timely = self._in_turn(self._read_for, what, deadline, task)
                if timely is not None:
                    if self._after:
                        self._run_after()
                    if not timely:
                        return
                    continue
                if bell is None:
                    bell = allocate_lock()
                    bell.acquire()
                    what.lock = bell
                asleep = True
                waiting[bell] = get_ident()
                # The thread that read may have left before this one stood in the line.
                if what.done or task is not None and "stop" in task or not turn:
                    continue
                if deadline is None:
                    bell.acquire()
                elif not bell.acquire(True, max(0.0, deadline - time.monotonic())) and time.monotonic() >= deadline:
                    return
        finally:
            if asleep:
                waiting.pop(bell, None)
                # It may have been this one's turn to read.
                if not turn:
                    self._pass_on()

    def _in_turn(self, read, *details):
        """
        Takes the turn, calls `read(*details, nested)`, and gives the turn back. Returns what `read` returned, and None
        without a call if another thread has the turn. `nested`: this is a handler or finalizer that has interrupted a
        thread with the turn, which keeps it.
        """
        turn, me = self._turn, get_ident()
        nested = turn.get(_TURN) == me
        try:
            if turn.setdefault(_TURN, me) != me:
                return None
            if nested:
                self.wire.interrupt()
                return read(*details, nested)
            result = read(*details, nested)
            turn.pop(_TURN, None)
        except BaseException:
            if not nested and turn.get(_TURN) == me:
                turn.pop(_TURN, None)
                self._pass_on()
            raise
        if self._waiting or self._idle is not None:
            self._pass_on()
        return result

    def _read_for(self, what, deadline, task, nested):
        """Reads until there is a reason to stop. False at the deadline. Only with the turn."""
        wire = self.wire
        if not nested and self._idle is not None:
            self._idle.pause()
        while True:
            if wire.interrupted and not nested:
                wire.prepare()
            if what.done or self.error is not None or self._after or task is not None and "stop" in task:
                return True
            seconds = None
            if deadline is not None:
                seconds = deadline - time.monotonic()
                if seconds <= 0:
                    return False
            self._read_some(0, seconds, nested)

    def await_turn(self, bell):
        """Waits until no other thread reads. `bell`: a lock that is held."""
        self._waiting[bell] = get_ident()
        if self._turn:
            bell.acquire()
        self._waiting.pop(bell, None)

    def _pass_on(self):
        """
        This thread has stopped reading: another one that waits should go on. The last one of those that sleep in a
        thread is the one that can go on. The main thread may be in a signal handler, which can take its time, so it is
        not the only one that is told.
        """
        for bell, thread in reversed(list(self._waiting.items())):
            if wake(bell) and thread != _main_ident():
                return
        if self._idle is not None:
            self._idle.resume()

    # Reading.

    def read_now(self, flags):
        """Reads once. False if another thread reads."""
        return self._read_once(flags, True)

    def drain(self):
        """Reads the bytes that are there, without waiting."""
        self._read_once(socket.MSG_DONTWAIT, True)

    def _relieve(self):
        """Reads during a send, so nothing may be sent: messages that the reading causes wait."""
        self._read_once(socket.MSG_DONTWAIT, False)

    def _read_once(self, flags, may_send):
        has_read = self._in_turn(self._read_present, flags)
        if has_read and may_send:
            self._run_after()
        return has_read is not None

    def _read_present(self, flags, nested):
        """Hands out what was read before, and reads once. Only with the turn."""
        if not nested and self.wire.interrupted:
            self.wire.prepare()
        if not self._read_some(flags, None, nested):
            self._read_some(flags, None, nested)
        return True

    def _read_some(self, flags, seconds, nested):
        """Reads once, and hands out the messages. False: there were messages to hand out, and it did not read."""
        if self.error is not None:
            return True
        wire = self.wire
        inflow = wire.inflow(nested)
        dry = inflow.is_dry()
        more = True
        try:
            if dry:
                more = wire.receive(inflow, flags, seconds, nested)
        except OSError as error:
            if not isinstance(error, BlockingIOError) or not is_from_socket(error):
                self._failed(error)
                return True
        if inflow.successors:
            inflow = inflow.latest()
        try:
            body = inflow.next_frame()
            while body is not None:
                self._dispatch(body, inflow)
                if inflow.successors:
                    # Other threads have continued with it.
                    return dry
                body = inflow.next_frame()
        except (Malformed, FrameTooLong) as error:
            if not inflow.successors:
                self._end(error)
            return True
        if not more:
            self._end(wire.failure)
        return dry

    def _dispatch(self, body, inflow):
        """
        Hands out a message, and marks it as handed out at the end, so that an exception of a signal handler leaves
        nothing half done.
        """
        number = done_id(body)
        if number is not None:
            answer = self._answers.get(number)
            if answer is not None:
                self._settle(answer)
                self._answers.pop(number, None)
            inflow.consume(body)
            return
        message = inflow.open_once(body)
        if inflow.successors:
            return
        number = message.get("id")
        if number is not None:
            answer = self._answers.get(number)
            if answer is not None:
                error = message.get("error")
                if error is not None:
                    answer.error = self.explained(error_from_wire(error))
                else:
                    answer.result = message.get("result")
                self._settle(answer)
                self._answers.pop(number, None)
            inflow.consume(body)
            return
        method = message.get("method")
        if method is None:
            if "error" in message:
                self._end(error_from_wire(message["error"]))
            inflow.consume(body)
            return
        listener = self.listeners.get(method)
        once = method in _ONCE
        if once:
            inflow.consume(body)
            if inflow.successors:
                return
        if listener is not None:
            listener(message.get("params") or {})
        if not once:
            inflow.consume(body)

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

    def after(self, action):
        """Calls the function once nothing is being read: for listeners and `then`."""
        self._after.append(action)

    def _run_after(self):
        while self._after:
            try:
                action = self._after.popleft()
            except IndexError:
                return
            action()


class _Condition:
    """What `_wait_for` waits for, by a function."""

    __slots__ = ("_is_done",)

    def __init__(self, is_done):
        self._is_done = is_done

    @property
    def done(self):
        return self._is_done()


def _main_ident():
    return threading.main_thread().ident
