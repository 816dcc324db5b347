"""One connection to a server: requests of many threads, their answers, and what the server tells by itself."""

import itertools
import os
import socket
import time
import weakref
from _thread import get_ident

from .._errors import Closed, PolyprocError
from .._values.msgpack import pack, pack_int
from .._values.rope import Rope, joined
from . import fork
from .answer import Answer, wake
from .callbacks import Callbacks
from .claim import Claim
from .frames import frame
from .idle import IdleReader
from .messages import ID, packed_notification, request_head, request_heads
from .params import NO_PARAMS
from .reading import Reading
from .references import References
from .stops import pending_stop, stop_error, take_stop
from .undelivered import Undelivered
from .wire import Wire, is_from_socket

# Unanswered requests that nobody waits for, per session: then the sender waits for some.
MAX_UNANSWERED = 512
# So many requests may be put aside in a row.
_MOST_ASIDE = 32
# The code of RequestCancelled.
_REQUEST_CANCELLED = -32800


class Session(References, Reading):
    """
    Signal handlers and finalizers may use it wherever they interrupt it. So it holds no lock that its own thread could
    meet again: what threads share is changed by single steps that cannot be interrupted (a method of a C object), and
    looked at again after them. Only while messages are expected that no thread waits for (`listen`) does a thread of
    its own read whenever no other thread does.
    """

    # Whether the server may be on another machine.
    remote = False

    def __init__(self, sock):
        References.__init__(self)
        Reading.__init__(self)
        self.wire = Wire(sock)
        self.wire.relieve = self._relieve
        fork.sessions.add(self)
        self.facts = {}
        self.prefix = ""
        # Longest payload that the server takes, in bytes.
        self.max_payload = 0
        self.error = None
        self.listeners = {"job/results": self._job_results}
        # By handle: jobs that have tasks without an outcome.
        self.jobs = {}
        self._answers = {}
        self._ids = itertools.count(1)
        self._listening = Claim()
        self._casts = {}
        self.undelivered = Undelivered()
        # By handle: what this process has of the ends of pipes; and whether it can open the server's channels, as far
        # as is known.
        self.ends = weakref.WeakValueDictionary()
        self.channels = hasattr(os, "O_DIRECT") and hasattr(os, "pipe2")
        # Called before the session ends in an orderly way.
        self.before_end = None
        self._farewell = None
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
        Sends a request whose parameters are msgpack already. `aside`: the server may come to it a little later.
        `undo(result)`: called when a signal handler's exception ends this, and the request was sent and has succeeded
        all the same.
        """
        if self.error is not None:
            raise self.closed_error()
        number = next(self._ids)
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
            if isinstance(error, OSError) and is_from_socket(error):
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
        """
        A request whose answer nobody needs but for its failure: `failed(error)`. `aside`: nor does anybody wait for its
        effect.
        """
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

    def _announce(self):
        """The server is to come to what was put aside before somebody waits."""
        try:
            self.wire.announce()
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
        """
        The same without ever waiting, at once or soon: for the garbage collector, which may call in the middle of a
        send.
        """
        try:
            if self.error is None and not self.wire.try_send(data):
                self.later(lambda: self.send_now(data))
        except (OSError, ValueError):
            # The connection has ended, or is just being closed.
            pass

    def wait(self, answer, undo=None, raises=True, timeout=None):
        """
        The answer's result. When an exception ends the wait, the request is cancelled; should it have succeeded all the
        same, `undo(result)` is called. With `timeout` (seconds) returns None when it is over; the request goes on. In a
        task that is to stop it raises Cancelled.
        """
        if not answer.done:
            deadline = None if timeout is None else time.monotonic() + timeout
            task = self.stoppable() if raises else None
            try:
                self._wait_for(answer, deadline, task)
                while not answer.done and self.error is None and task is not None and "stop" in task:
                    if pending_stop(task) is not None:
                        self._stop_waiting(answer, undo, task)
                    self._wait_for(answer, deadline, task)
            except BaseException:
                self._abandon(answer, undo)
                raise
            if not answer.done:
                if self.error is not None and raises:
                    # The thread that ended the session is just about to settle it.
                    raise self.closed_error()
                return None
        if answer.error is not None:
            if raises:
                raise answer.error
            return None
        return answer.result

    def _abandon(self, answer, undo):
        if self.error is not None:
            return
        if not answer.done:
            self.notify("$/cancelRequest", {"id": answer.id})
            self._wait_for(answer, None)
        if answer.done and answer.error is None and undo is not None and answer.undo is None:
            answer.undo = []
            undo(answer.result)

    def stoppable(self):
        """The task that runs in this thread, which may be told to stop."""
        task = self.task
        return task if task is not None and get_ident() == self.task_thread else None

    def _stop_waiting(self, answer, undo, task):
        """
        The task is to stop: its request is cancelled, and Cancelled is raised. An answer that crosses the cancellation
        stands, where it cannot be undone: then the task is stopped in its next wait.
        """
        self.notify("$/cancelRequest", {"id": answer.id})
        self._wait_for(answer, None)
        if self.error is None and (
            undo is not None or answer.error is not None and answer.error.code == _REQUEST_CANCELLED
        ):
            why = take_stop(task)
            if answer.error is None:
                answer.undo = []
                undo(answer.result)
            raise stop_error(why)

    def _job_results(self, params):
        job = self.jobs.get(params["job"])
        if job is not None:
            job.outcomes(params["results"])

    def listen(self):
        """From now on what the server tells is read at once, also while no thread waits for an answer."""
        if self._idle is not None or self.error is not None:
            return
        taken = []
        try:
            if self._listening.take(taken) and self._idle is None:
                self._idle = IdleReader(self)
        finally:
            self._listening.give_back(taken)

    # The end.

    def closed_error(self):
        error = self.error
        return Closed(str(error) if error is not None else "the connection to the server has ended")

    def _failed(self, error):
        """The connection has failed, unless the error is that of a signal handler."""
        if not is_from_socket(error):
            raise error
        self._end(error)

    def _end(self, error):
        if self.error is not None:
            return
        reason = (
            f"the connection to the server has ended ({error})"
            if error is not None and str(error)
            else "the connection to the server has ended"
        )
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
                self._farewell = self.send("shutdown", NO_PARAMS)
            # It cannot be cancelled: when this wait is interrupted, the next `close` goes on with it.
            self._wait_for(self._farewell, None)
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
        self._turn.clear()
        for end in list(self.ends.values()):
            end.forked()
        try:
            self.wire.close()
        except OSError:
            pass
