"""One connection to a server: requests of many threads, their answers, and what the server tells by itself."""

import os
import select
import socket
import threading
import time
from _thread import allocate_lock, get_ident
from collections import deque

from ._errors import Closed, PolyprocError, error_from_wire
from ._msgpack import Malformed, map_head, pack, pack_int, pack_str, unpack
from ._wire import FrameTooLong, Wire, frame

# Unanswered requests that nobody waits for, per session: then the sender waits for some.
MAX_UNANSWERED = 512
_METHOD = pack_str("method")
_PARAMS = pack_str("params")
_ID = pack_str("id")

# What must not be done twice.
_ONCE = frozenset(("events/output", "worker/run"))

_heads = {}


def request_head(method):
    """The part of a request before its parameters."""
    head = _heads.get(method)
    if head is None:
        head = _heads[method] = map_head(3) + _METHOD + pack_str(method) + _PARAMS
    return head


def notification(method, params):
    return frame(map_head(2) + _METHOD + pack_str(method) + _PARAMS + pack(params))


class Answer:
    """A request under way."""

    __slots__ = ("id", "done", "result", "error", "lock", "then")

    def __init__(self, number, then=None):
        self.id = number
        self.done = False
        self.result = None
        self.error = None
        self.lock = None
        # Called with this answer by whoever reads it: must be quick, and must not send.
        self.then = then


class Session:
    """
    There is no thread that reads all the time: who waits for an answer reads the socket, and hands the others theirs on the way. Only while
    messages are expected that nobody waits for (`listen`) does a thread of its own read whenever nobody else does.
    """

    def __init__(self, sock):
        self.wire = Wire(sock)
        self.wire.relieve = self._relieve
        self.pid = os.getpid()
        self.facts = {}
        self.prefix = ""
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
        self._epoll = None
        self._dropped = deque()
        self._dropping = allocate_lock()
        self._held = {}
        self._minted = 0
        self._casts = {}
        self._farewell = None
        # What answers give rise to, for after the reading: it may send.
        self._after = deque()
        self._callbacks = None

    # Requests.

    def request(self, method, params, undo=None):
        """Sends and waits. Raises PolyprocError. `undo(result)`: see `wait`."""
        return self.wait(self.send(method, pack(params)), undo)

    def send(self, method, packed, then=None):
        """Sends a request whose parameters are msgpack already."""
        if self.error is not None:
            raise self.closed_error()
        if self.pid != os.getpid():
            raise Closed("this object belongs to the process that forked this one: make a new one here")
        with self._id_lock:
            self._next_id = number = self._next_id + 1
        answer = Answer(number, then)
        self._answers[number] = answer
        head = _heads.get(method) or request_head(method)
        try:
            self.wire.send(frame(b"".join((head, packed, _ID, pack_int(number)))))
        except OSError as error:
            self._answers.pop(number, None)
            self._end(error)
            raise self.closed_error() from None
        return answer

    def cast(self, method, packed, failed=None):
        """A request whose answer nobody needs but for its failure: `failed(error)`."""

        casts = self._casts

        def then(answer):
            casts.pop(answer.id, None)
            if answer.error is not None and failed is not None:
                failed(answer.error)

        answer = self.send(method, packed, then)
        casts[answer.id] = True
        if answer.done:
            casts.pop(answer.id, None)
        if len(casts) > MAX_UNANSWERED:
            # Answers come in order of what need not wait, so this one's tells that many others have come.
            self.wait(answer, raises=False)
        elif len(casts) & 63 == 63:
            self.drain()

    def notify(self, method, params):
        self.notify_packed(method, pack(params))

    def notify_packed(self, method, packed):
        if self.error is not None or self.pid != os.getpid():
            return
        try:
            self.wire.send(frame(map_head(2) + _METHOD + pack_str(method) + _PARAMS + packed))
        except OSError as error:
            self._end(error)

    def drain(self):
        """Reads what has come, without waiting."""
        if self._reading.acquire(False):
            try:
                self._read_some(socket.MSG_DONTWAIT)
            finally:
                self._leave()

    def wait(self, answer, undo=None, raises=True, timeout=None):
        """
        The answer's result. When an exception ends the wait, the request is cancelled; should it have succeeded all the same,
        `undo(result)` is called. With `timeout` (seconds) returns None when it is over; the request goes on.
        """
        if not answer.done:
            try:
                self._wait_done(answer, None if timeout is None else time.monotonic() + timeout)
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

    def _wait_done(self, answer, deadline):
        waiting = self._waiting
        me = None
        try:
            while not answer.done:
                if self._reading.acquire(False):
                    try:
                        if me is not None:
                            waiting.pop(me, None)
                        if self._epoll is not None:
                            self._pause_idle()
                        while not answer.done and not self._after:
                            if deadline is not None and not self._readable(deadline - time.monotonic()):
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
                if answer.done:
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
        deadline (of `time.monotonic`) has passed.
        """
        waiting = self._waiting
        while not is_done():
            if self.error is not None:
                raise self.closed_error()
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                # What has come already counts.
                self.drain()
                return is_done()
            if self._reading.acquire(False):
                try:
                    if self._epoll is not None:
                        self._pause_idle()
                    while not is_done() and self.error is None and not self._after:
                        if deadline is not None and not self._readable(deadline - time.monotonic()):
                            break
                        self._read_some()
                finally:
                    self._leave()
                continue
            waiting[bell] = True
            try:
                if not is_done() and self._reading.locked():
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

    def _readable(self, seconds):
        poll = select.poll()
        poll.register(self.wire.socket, select.POLLIN)
        return bool(poll.poll(max(0.0, seconds) * 1000))

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
            self._end(error)
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
            self._end(None)

    def _dispatch(self, body):
        """
        Hands out a message; true when it was consumed here already. The others are consumed afterwards: when a signal handler's exception
        interrupts this, they are handed out again, which does not matter to an answer or a result.
        """
        message = unpack(body)
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
        answer.done = True
        if answer.then is not None:
            answer.then(answer)
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
        if self._epoll is not None:
            self._resume_idle()

    def _relieve(self):
        if self._reading.acquire(False):
            try:
                self._read_some(socket.MSG_DONTWAIT)
            finally:
                self._leave()

    # The thread that reads when nobody else does.

    def listen(self):
        """From now on what the server tells is read at once, also while no thread waits for an answer."""
        if self._idle is not None or self.error is not None:
            return
        with self._id_lock:
            if self._idle is not None:
                return
            if hasattr(select, "epoll"):
                self._epoll = select.epoll()
                self._epoll.register(self.wire.fileno(), select.EPOLLIN)
            self._idle = threading.Thread(target=self._idle_loop, name="polyproc", daemon=True)
            # Of Polyproc's own: programs (and CPython's tests) that look for threads left behind need not see it.
            getattr(threading, "_dangling", set()).discard(self._idle)
            self._idle.start()

    def _idle_loop(self):
        epoll = self._epoll
        while self.error is None:
            if epoll is not None:
                try:
                    epoll.poll()
                except (OSError, ValueError):
                    return
            if self._reading.acquire(False):
                try:
                    if epoll is None:
                        self._read_some()
                    else:
                        self._read_some(socket.MSG_DONTWAIT)
                finally:
                    self._leave()
            elif epoll is None:
                lock = allocate_lock()
                lock.acquire()
                self._waiting[lock] = True
                if self._reading.locked():
                    lock.acquire()
                self._waiting.pop(lock, None)

    def _pause_idle(self):
        try:
            self._epoll.modify(self.wire.fileno(), 0)
        except (OSError, ValueError):
            pass

    def _resume_idle(self):
        try:
            self._epoll.modify(self.wire.fileno(), select.EPOLLIN)
        except (OSError, ValueError):
            pass

    def after(self, action):
        """For listeners and `then`: calls once nothing is being read."""
        self._after.append(action)

    def later(self, action):
        """Calls in a thread of its own, in order: for callbacks of the user, which may take their time and may ask the server."""
        if self._callbacks is None:
            with self._id_lock:
                if self._callbacks is None:
                    self._callbacks = _Callbacks()
        self._callbacks.put(action)

    def finish_callbacks(self):
        """Waits until every callback that is due was called."""
        if self._callbacks is not None and not self._callbacks.is_current():
            done = allocate_lock()
            done.acquire()
            self._callbacks.put(done.release)
            done.acquire()

    def _job_results(self, params):
        job = self.jobs.get(params["job"])
        if job is not None:
            job.outcomes(params["results"])

    # Handles.

    def mint(self, kind):
        with self._id_lock:
            self._minted += 1
            return f"{kind}:{self.prefix}.{self._minted}"

    def adopt(self, handle, references=1):
        """An object here stands for this handle, with so many references of this session."""
        with self._dropping:
            entry = self._held.get(handle)
            if entry is None:
                self._held[handle] = [1, references]
            else:
                entry[0] += 1
                entry[1] += references
        self._drop_now()

    def received(self, handles):
        """These came beside a payload: a reference each. Objects for them follow, and `settle_received`."""
        with self._dropping:
            for handle in handles:
                entry = self._held.get(handle)
                if entry is None:
                    self._held[handle] = [1, 1]
                else:
                    entry[0] += 1
                    entry[1] += 1

    def settle_received(self, handles):
        """The payload was decoded: what nobody took is given back."""
        self._dropped.extend(handles)
        self._drop_now()

    def drop(self, handle):
        """An object has gone. May be called by the garbage collector, at any moment."""
        self._dropped.append(handle)
        self._drop_now()

    def forget(self, handle):
        """The server has let go of all references already."""
        with self._dropping:
            entry = self._held.get(handle)
            if entry is not None:
                entry[1] = 0
        self._drop_now()

    def _drop_now(self):
        while self._dropped:
            # Held by this very thread, further down, or by another: that one goes on until nothing is left.
            if not self._dropping.acquire(False):
                return
            gone = []
            try:
                while self._dropped:
                    handle = self._dropped.popleft()
                    entry = self._held.get(handle)
                    if entry is None:
                        continue
                    entry[0] -= 1
                    if entry[0] <= 0:
                        del self._held[handle]
                        gone.extend([handle] * entry[1])
            finally:
                self._dropping.release()
            if gone and self.error is None and self.pid == os.getpid():
                try:
                    data = notification("handle/release", {"handles": gone})
                    if not self.wire.try_send(data):
                        # This thread may be the one that sends: it must not wait for itself.
                        self.later(lambda data=data: self._send_late(data))
                except (OSError, ValueError):
                    pass

    def _send_late(self, data):
        if self.error is None:
            try:
                self.wire.send(data)
            except OSError as error:
                self._end(error)

    # The end.

    def closed_error(self):
        error = self.error
        return Closed(str(error) if error is not None else "the connection to the server has ended")

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
        if self.error is not None or self.pid != os.getpid():
            return
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
        try:
            self.wire.close()
        except OSError:
            pass


def wake(lock):
    try:
        lock.release()
    except RuntimeError:
        return False
    return True


class _Callbacks:
    def __init__(self):
        self._actions = deque()
        self._ready = threading.Semaphore(0)
        self._thread = threading.Thread(target=self._run, name="polyproc-callbacks", daemon=True)
        getattr(threading, "_dangling", set()).discard(self._thread)
        self._thread.start()

    def is_current(self):
        return threading.current_thread() is self._thread

    def put(self, action):
        self._actions.append(action)
        self._ready.release()

    def _run(self):
        while True:
            self._ready.acquire()
            try:
                self._actions.popleft()()
            except Exception:
                import traceback

                traceback.print_exc()


_owners = {}


def owner():
    """Who asks, inside this process: a thread. msgpack of the name by which the server knows it."""
    ident = get_ident()
    packed = _owners.get(ident)
    if packed is None:
        if len(_owners) > 10_000:
            _owners.clear()
        packed = _owners[ident] = pack_str(f"t{ident:x}")
    return packed
