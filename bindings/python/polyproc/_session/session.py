"""One connection to a server: requests of many threads, their answers, and the server's notifications."""

import itertools
import os
import socket
import weakref
from _thread import allocate_lock, get_ident

from .._errors import Closed, PolyprocError
from .._values.msgpack import pack, pack_int
from .._values.rope import Rope, joined
from .._values.stored import hold
from . import fork
from .answer import Answer, wake
from .callbacks import Callbacks
from .claim import Claim
from .deadline import deadline_in
from .frames import frame
from .idle import IdleReader
from .messages import ID, packed_notification, request_head, request_heads
from .params import NO_PARAMS
from .reading import Reading
from .references import References
from .stops import pending_stop, stop_error, take_stop
from .undelivered import Undelivered
from .wire import Wire, is_from_socket

# Unanswered requests without a waiting thread, per session. Beyond that, the sender waits for an answer. (In Node's
# binding, where a wait blocks no thread, each pipe end has 64, with 64 KiB together.)
MAX_UNANSWERED = 512
# The code of RequestCancelled.
_REQUEST_CANCELLED = -32800


class Session(References, Reading):
    """
    Signal handlers and finalizers may use the session at any point where they interrupt it. So it takes no lock that
    the interrupted thread may hold. State that threads share is changed by one call of a C method, which cannot be
    interrupted, and checked again afterwards.

    The thread that waits for an answer reads the connection. After `listen` a background thread reads it while no other
    thread does.
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
        # For large payloads, which are sent by reference. None if the server's memory cannot be opened from here.
        self.blocks = None
        self.error = None
        self.listeners = {"job/results": self._job_results}
        # By handle: jobs that have tasks without an outcome.
        self.jobs = {}
        self._answers = {}
        self._ids = itertools.count(1)
        self._listening = Claim()
        # Requests that no thread waits for, until their answers were read.
        self.casts = {}
        # The answer to the request for the page of the words of locks, and the page.
        self.page_answer = None
        self.pages = {}
        self.words = None
        self.undelivered = Undelivered()
        # By handle: the ends of pipes that this process holds. `channels`: False if this system or the server has
        # none, or once opening one has failed.
        self.ends = weakref.WeakValueDictionary()
        self.channels = hasattr(os, "O_DIRECT") and hasattr(os, "pipe2")
        # Called before the session ends in an orderly way.
        self.before_end = None
        self._farewell = None
        # At the end of the program: the thread that ends the session.
        self.last_thread = None
        # In a worker: the task that runs, and the thread that runs tasks.
        self.task = self.task_thread = None
        self.callbacks = Callbacks()
        self.later = self.callbacks.put

    # Requests.

    def request(self, method, params, undo=None):
        """Sends and waits. Raises PolyprocError. `undo(result)`: see `wait`."""
        return self.wait(self.send(method, pack(params), undo=undo), undo)

    def send(self, method, packed, then=None, report=False, undo=None):
        """
        Sends a request whose parameters are msgpack already. `report`: it may go through the report
        channel. `undo(result)`: called if a signal handler's exception ends this call after the request was sent, and
        the request succeeds.
        """
        if self.error is not None:
            raise self.closed_error()
        number = next(self._ids)
        answer = Answer(number, then)
        self._answers[number] = answer
        if self.error is not None:
            # The session has ended since the first check: `_end` may not have seen this request.
            self._answers.pop(number, None)
            raise self.closed_error()
        head = request_heads.get(method) or request_head(method)
        try:
            packed_number = pack_int(number)
            data = frame(joined((head, packed, ID, packed_number)))
            if type(data) is Rope:
                data.id = packed_number
            if not (report and self.wire.report(data)):
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

    def cast(self, method, packed, failed=None, report=False):
        """
        Sends a request without waiting for its answer. `failed(error)` is called if it fails. `report`: as in `send`.
        """
        # The key is not `then`: a function that refers to itself lives until the next search for cycles, with `failed`.
        casts, key = self.casts, object()

        def then(answer):
            casts.pop(key, None)
            if answer.error is not None and failed is not None:
                failed(answer.error)

        casts[key] = True
        try:
            answer = self.send(method, packed, then, report)
        except BaseException:
            casts.pop(key, None)
            raise
        if len(casts) > MAX_UNANSWERED:
            # Casts are answered in order, so the answers to the earlier ones arrive before this one.
            self.wait(answer, raises=False)
        elif len(casts) & 63 == 63:
            self.drain()

    def notify(self, method, params):
        self.notify_packed(method, pack(params))

    def notify_packed(self, method, packed):
        self.send_now(packed_notification(method, packed))

    def report(self, data):
        """`send_now` through the report channel, if there is one and the message fits."""
        if self.error is None and not self.wire.report(data):
            self.send_now(data)

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
        `send_now` that never blocks: for finalizers, which may interrupt a send. If the message cannot be sent at once,
        it is sent soon.
        """
        try:
            if self.error is None and not self.wire.try_send(data):
                self.later(lambda: self.send_now(data))
        except (OSError, ValueError):
            # The connection has ended, or is being closed.
            pass

    def wait(self, answer, undo=None, raises=True, timeout=None):
        """
        Waits, and returns the answer's result. If an exception ends the wait, the request is cancelled; if it succeeds
        nevertheless, `undo(result)` is called. Returns None after `timeout` (seconds); the request stays pending.
        Raises Cancelled in a task that was told to stop.
        """
        if not answer.done:
            deadline = deadline_in(timeout)
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
                    # The thread that ended the session has not settled this answer yet.
                    raise self.closed_error()
                return None
        if answer.error is not None:
            if raises:
                self._stay_behind()
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
        Cancels the request and raises Cancelled, because the task was told to stop. If the answer crossed the
        cancellation and cannot be undone, it counts, and the task is stopped in its next wait.
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
        for entry in params["results"]:
            hold(entry, self)
        job = self.jobs.get(params["job"])
        if job is not None:
            job.outcomes(params["results"])

    def listen(self):
        """From now on notifications are read at once, also while no thread waits for an answer."""
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
        self._stay_behind()
        return self._closed_error()

    def _stay_behind(self):
        """
        At the end of the program a daemon thread is stopped in its wait, as in any other call of Python's that blocks:
        an exception would be shown to the user.
        """
        if self.last_thread is not None and self.last_thread != get_ident():
            never = allocate_lock()
            never.acquire()
            never.acquire()

    def _closed_error(self):
        error = self.error
        return Closed(str(error) if error is not None else "the connection to the server has ended")

    def _failed(self, error):
        """The connection has failed, unless a signal handler has raised the error."""
        if not is_from_socket(error):
            raise error
        self._end(error)

    def _end(self, error):
        if self.error is not None:
            return
        self._leave_words()
        reason = (
            f"the connection to the server has ended ({error})"
            if error is not None and str(error)
            else "the connection to the server has ended"
        )
        self.error = Closed(f"{reason}; objects that were made on it can no longer be used")
        for number in list(self._answers):
            answer = self._answers.pop(number, None)
            if answer is not None:
                answer.error = self._closed_error()
                self._settle(answer)
        for job in list(self.jobs.values()):
            job.lost(self._closed_error())
        for lock in list(self._waiting):
            wake(lock)

    def close(self):
        """Ends the session in an orderly way: daemonic children are ended, the others waited for."""
        if self.error is not None:
            return
        if self.before_end is not None:
            self.before_end()
        self._leave_words()
        try:
            if self._farewell is None:
                self._farewell = self.send("shutdown", NO_PARAMS)
            # `shutdown` cannot be cancelled: if this wait is interrupted, the next `close` waits for the same answer.
            self._wait_for(self._farewell, None)
            self.notify("exit", {})
        except PolyprocError:
            # The server has ended, and all its children with it.
            pass
        self._end(None)
        self._hang_up()

    def _hang_up(self):
        try:
            self.wire.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def _leave_words(self):
        """From now on locks are taken by messages."""
        if self.words is not None:
            self.words.leave()

    def forked(self):
        """In a forked child: the connection is the parent's."""
        self._leave_words()
        self.error = Closed("this object belongs to the process that forked this one: make a new one here")
        self._idle = None
        self._turn.clear()
        for end in list(self.ends.values()):
            end.forked()
        try:
            self.wire.close()
        except OSError:
            pass
