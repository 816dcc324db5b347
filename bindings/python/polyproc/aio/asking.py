"""Requests whose answers asyncio tasks await."""

import asyncio
import itertools
import threading
import weakref

from .._session.params import field

# Most pending requests that are not awaited. Beyond that, senders await their answers. It is below the session's own
# limit (512), at which a sender would block the thread, and with it the event loop.
_MAX_UNANSWERED = 256

_names = itertools.count(1)
_owners = weakref.WeakKeyDictionary()
_owners_lock = threading.RLock()


async def ask(session, method, packed, undo=None):
    """
    Sends a request, and returns its result. If the await is cancelled, it cancels the request and does not wait for the
    answer. If the request succeeds nevertheless, the thread that reads calls `undo(result)`, which may send but not
    wait.
    """
    asked = _Asked(session, undo)
    session.listen()
    asked.answer = session.send(method, packed, asked.came)
    try:
        return await asked.future
    except asyncio.CancelledError:
        if asked.abandon():
            asked.take_back()
        raise
    except GeneratorExit:
        # The loop was closed before the answer arrived.
        asked.abandon()
        raise


async def ask_to_the_end(session, method, packed):
    """
    `ask` for a request that must be answered before the task goes on. Returns the result, and the CancelledError of a
    cancellation during the wait, which the caller has to raise. Raises the request's error, or the CancelledError if
    the cancellation ended the request.
    """
    asked = _Asked(session, None)
    session.listen()
    asked.answer = session.send(method, packed, asked.came)
    cancelled = None
    while not asked.future.done():
        try:
            await asyncio.shield(asked.future)
        except asyncio.CancelledError as error:
            if cancelled is None and not asked.future.done():
                session.notify("$/cancelRequest", {"id": asked.answer.id})
            cancelled = error
        except GeneratorExit:
            asked.abandon()
            raise
        except Exception:
            break
    error = asked.future.exception()
    if error is not None:
        raise cancelled or error
    return asked.future.result(), cancelled


class _Asked:
    def __init__(self, session, undo):
        self._session = session
        self._undo = undo
        self._loop = asyncio.get_running_loop()
        self.future = self._loop.create_future()
        self.answer = None
        # Re-entrant: a finalizer may interrupt the thread that holds the lock, read, and call `came`.
        self._lock = threading.RLock()
        self._came = None
        self._abandoned = False

    def came(self, answer):
        """Called by the thread that reads, which may be any."""
        with self._lock:
            self._came = answer
            if not self._abandoned:
                self._session.undelivered.put(self)
                try:
                    self._loop.call_soon_threadsafe(self._settle)
                    return
                except RuntimeError:
                    # The loop was closed: the answer is no longer awaited.
                    self._abandoned = True
        self._session.undelivered.discard(self)
        self._session.after(self.take_back)

    def _settle(self):
        self._session.undelivered.discard(self)
        answer, future = self._came, self.future
        if future.done():
            return
        if answer.error is not None:
            future.set_exception(answer.error)
        else:
            future.set_result(answer.result)

    def abandon(self):
        """
        The answer is no longer awaited. Returns True if it has arrived already. Then its effect must be undone: the
        caller may do so with `take_back`, otherwise the thread that reads does.
        """
        with self._lock:
            self._abandoned = True
            came = self._came is not None
        if came:
            self._session.undelivered.put(self)
        else:
            self._session.notify("$/cancelRequest", {"id": self.answer.id})
        return came

    def is_forgotten(self):
        return self._abandoned or self._loop.is_closed()

    def take_back(self):
        """Undoes a success. It may send, so it must not be called while reading or in a finalizer."""
        self._session.undelivered.discard(self)
        with self._lock:
            answer, undo, self._undo = self._came, self._undo, None
        if undo is not None and answer.error is None and self._session.error is None:
            undo(answer.result)


def is_free(session):
    """Whether one more request may be sent without awaiting its answer."""
    return len(session.casts) < _MAX_UNANSWERED


def owner():
    """The member `owner` of a request, packed: the asyncio task that asks."""
    task = asyncio.current_task()
    with _owners_lock:
        packed = _owners.get(task)
        if packed is None:
            packed = _owners[task] = field("owner", f"a{next(_names):x}")
        return packed


class Bell:
    """Wakes a coroutine from any thread, once."""

    def __init__(self):
        self._loop = asyncio.get_running_loop()
        self.future = self._loop.create_future()

    def ring(self):
        try:
            self._loop.call_soon_threadsafe(self._wake)
        except RuntimeError:
            # The loop was closed, and the coroutine with it.
            pass

    def _wake(self):
        if not self.future.done():
            self.future.set_result(None)
