"""What all objects of the server have in common: a handle, references, and how they travel."""

from ._server.default import default_session
from ._values.msgpack import pack
from ._values.payload import decoding_session, note_handle


class SharedObject:
    """
    An object of the server. Making one costs no round trip, unless it has a name: its handle is minted here, and the
    request that makes it is on its way; should that fail, the next use says why. It is let go when it is garbage
    collected.
    """

    _kind = ""
    _session = None
    _handle = None
    _failure = None

    def _create(self, ctx, method, params, name=None):
        """`params(handle)` gives the parameters of the request that makes the object."""
        session = ctx._session() if ctx is not None else default_session()
        handle = session.mint(self._kind) if name is None else f"{self._kind}:@{checked_name(name)}"
        self._session, self._handle = session, handle
        session.adopt(handle)
        if name is None:
            session.cast(method, pack(params(handle)), self._not_made)
        else:
            self._make(method, pack(params(handle)))
        self._begin()

    def _make(self, method, packed):
        """
        Waits for the answer: an object that is refused may have the name of another one, which its requests must not
        reach, nor its end release.
        """
        session = self._session
        answer = session.send(method, packed)
        session.wait(answer, raises=False)
        if answer.error is not None:
            session.not_adopted(self._handle)
            self._handle = session.mint(self._kind)
            session.adopt(self._handle, 0)
            self._not_made(answer.error)

    def _adopt(self, session, handle):
        """Stands for an object that exists, whose reference came with a payload."""
        self._session, self._handle = session, handle
        session.adopt(handle, 0)
        self._begin()

    def _begin(self):
        """Its handle is known: the place to prepare messages."""

    def _not_made(self, error):
        self._failed(error)
        self._session.refused(error, self._handle)

    def _failed(self, error):
        self._failure = error

    def _request(self, method, packed, undo=None):
        session = self._session
        try:
            result = session.wait(session.send(method, packed, undo=undo), undo)
        except Exception:
            if self._failure is not None:
                raise self._failure from None
            raise
        return result

    def _state(self):
        """What travels beside the handle between Python processes."""
        return None

    def _set_state(self, state):
        pass

    def _plain_handle(self):
        """
        The handle, for the classes that every language has: they travel to any language. A class of the program's own
        is pickled.
        """
        return self._handle if "_everywhere" in type(self).__dict__ else None

    def __reduce__(self):
        note_handle(self)
        return rebuild, (type(self), self._handle, self._state())

    def __del__(self):
        session, handle = self._session, self._handle
        if session is not None and handle is not None:
            try:
                session.drop(handle)
            except Exception:
                # The interpreter is ending.
                pass


def checked_name(name):
    if not isinstance(name, str) or not 1 <= len(name) <= 200 or any(ch < " " for ch in name):
        raise ValueError(f"a shared name has 1 to 200 characters and no control characters, got {name!r}")
    return name


def in_cluster(address):
    """The parameters of a request that makes an object, for one of a cluster."""
    return {} if address is None else {"cluster": address}


def rebuild(kind, handle, state):
    shared = kind.__new__(kind)
    shared._adopt(decoding_session(), handle)
    if state is not None:
        shared._set_state(state)
    return shared


# By kind of handle: the class that a bare handle becomes. The modules of the classes fill it.
classes = {}


class UnknownObject(SharedObject):
    """An object of the server that this binding has no class for. It can be passed along."""
