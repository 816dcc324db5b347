"""
TLS out of the session's sight. The session uses its socket from many threads and by its descriptor, which no TLS socket
can stand; so it is handed one end of a pair of sockets, and a thread carries what goes through the other end to the
server, encrypted.
"""

import os
import select
import socket
import ssl
import threading
import time
import weakref

from . import fork

# What a peer may take for the handshake, in seconds.
HANDSHAKE_SECONDS = 10
# How long a server may take to hang up after us, and a program's last messages to leave, in seconds.
_LINGER_SECONDS = 2
_EXIT_SECONDS = 10
_CHUNK_BYTES = 64 * 1024


class NearEnd(socket.socket):
    """The session's end of the pair."""

    # The reason if the connection was broken off.
    failure = None


def secured(sock, host, address):
    """
    TLS over a connected socket: returns a socket for the plain bytes. Fails with ConnectionError, which says what to
    check next.
    """
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    try:
        tls = _context().wrap_bio(incoming, outgoing, server_hostname=host)
        _shake_hands(sock, tls, incoming, outgoing)
    except (OSError, ssl.CertificateError) as error:
        sock.close()
        raise ConnectionError(_explained(error, address)) from error
    except BaseException:
        sock.close()
        raise
    return Relay(sock, tls, incoming, outgoing).start()


def _context():
    """
    Trusts whom Node trusts: the system's authorities, and the certificates in the file that NODE_EXTRA_CA_CERTS names.
    """
    context = ssl.create_default_context()
    # Certificates made by a plain `openssl req -x509` do, as they do for Node.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    extra = os.environ.get("NODE_EXTRA_CA_CERTS")
    if extra:
        try:
            context.load_verify_locations(extra)
        except OSError:
            # Node goes on without it, too; should it be needed, the error tells its name.
            pass
    return context


def _shake_hands(sock, tls, incoming, outgoing):
    deadline = time.monotonic() + HANDSHAKE_SECONDS
    done = False
    while not done:
        try:
            tls.do_handshake()
            done = True
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError:
            # The peer gets the reason.
            _send_last(sock, outgoing)
            raise
        sock.settimeout(max(0.001, deadline - time.monotonic()))
        if outgoing.pending:
            sock.sendall(outgoing.read())
        if not done:
            data = sock.recv(_CHUNK_BYTES)
            if not data:
                raise ssl.SSLEOFError(ssl.SSL_ERROR_EOF, "it ended the connection")
            incoming.write(data)


def _send_last(sock, outgoing):
    try:
        sock.sendall(outgoing.read())
    except OSError:
        pass


def _explained(error, address):
    if isinstance(error, ssl.SSLCertVerificationError):
        reason = error.verify_message
        if "mismatch" in reason:
            return (
                f"the certificate of the server at {address} is for another name ({reason.rstrip('.')}): use "
                f"the name that it was made for, or make one with this name"
            )
        extra = os.environ.get("NODE_EXTRA_CA_CERTS")
        hint = "" if not extra or os.access(extra, os.R_OK) else f" (it names {extra}, which cannot be read)"
        return (
            f"the certificate of the server at {address} is not trusted ({reason}): if it is the right server, "
            f"set NODE_EXTRA_CA_CERTS to a PEM file with its "
            f"certificate, or with that of its authority{hint}"
        )
    if isinstance(error, socket.timeout):
        return (
            f"what listens at {address} did not answer the TLS handshake within {HANDSHAKE_SECONDS:g} seconds: "
            f"is it a Polyproc server with --tls-cert, and not busy?"
        )
    return (
        f"what listens at {address} does not speak TLS ({error}): if it is a Polyproc server without "
        f"--tls-cert, its address begins with tcp:"
    )


class Relay:
    """Carries bytes between the session's end and the server, as fast as the slower of them takes them."""

    def __init__(self, sock, tls, incoming, outgoing):
        self._sock, self._tls, self._incoming, self._outgoing = sock, tls, incoming, outgoing
        near, self._far = socket.socketpair()
        self._near_end = NearEnd(fileno=near.detach())
        self._near = weakref.ref(self._near_end)
        sock.setblocking(False)
        self._far.setblocking(False)
        self._thread = threading.Thread(target=self._run, name="polyproc-tls", daemon=True)
        # See IdleReader.
        getattr(threading, "_dangling", set()).discard(self._thread)

    def start(self):
        near, self._near_end = self._near_end, None
        _relays.add(self)
        fork.sessions.add(self)
        self._thread.start()
        return near

    def hang_up(self):
        """Closes the session's end. Its last bytes still go out; nothing is received any more."""
        near = self._near()
        if near is not None:
            try:
                near.shutdown(socket.SHUT_RDWR)
            except OSError:
                # It was already.
                pass

    def join(self, seconds):
        self._thread.join(seconds)

    def forked(self):
        """In a forked child: the connection is the parent's. Closed, not shut down."""
        _relays.discard(self)
        self._far.close()
        self._sock.close()

    def _run(self):
        failure = None
        try:
            self._carry()
        except OSError as error:
            failure = error
        finally:
            # Also after a fault of Polyproc's own, so that the session ends.
            near = self._near()
            if near is not None:
                near.failure = failure
            self._far.close()
            self._sock.close()
            _relays.discard(self)

    def _carry(self):
        sock, far, outgoing = self._sock, self._far, self._outgoing
        to_server = to_near = memoryview(b"")
        # Whether the session may send more, whether it takes more, and whether the server may send more.
        sends = takes = answers = True
        said_goodbye = False
        deadline = None
        while answers or to_near:
            if not to_server and outgoing.pending:
                to_server = memoryview(outgoing.read())
            if not sends and not to_server:
                if not said_goodbye:
                    said_goodbye = True
                    sock.shutdown(socket.SHUT_WR)
                if not takes and deadline is None:
                    deadline = time.monotonic() + _LINGER_SECONDS
            poll = select.poll()
            wanted = (0 if not to_server else select.POLLOUT) | (0 if to_near or not answers else select.POLLIN)
            if wanted:
                poll.register(sock, wanted)
            wanted = (0 if not sends or to_server else select.POLLIN) | (0 if not to_near else select.POLLOUT)
            if wanted or takes:
                # Whatever is wanted, it tells when the session has hung up.
                poll.register(far, wanted)
            happened = dict(poll.poll(None if deadline is None else max(0.0, deadline - time.monotonic()) * 1000))
            if deadline is not None and time.monotonic() >= deadline:
                return
            at_far = happened.get(far.fileno(), 0)
            if at_far & (select.POLLHUP | select.POLLERR):
                takes = False
            if at_far and sends and not to_server:
                data = _some(far.recv, _CHUNK_BYTES)
                if data:
                    self._encrypt(data)
                elif data is not None:
                    sends = False
                    self._say_goodbye()
            if sock.fileno() in happened:
                if not to_near and answers:
                    data = _some(sock.recv, _CHUNK_BYTES)
                    if data:
                        plain, answers = self._decrypted(data)
                        to_near = memoryview(plain)
                    elif data is not None:
                        answers = False
                if to_server:
                    to_server = to_server[_some(sock.send, to_server) or 0 :]
            if to_near and takes:
                try:
                    to_near = to_near[_some(far.send, to_near) or 0 :]
                except BrokenPipeError:
                    takes = False
            if not takes:
                to_near = memoryview(b"")

    def _encrypt(self, data):
        view = memoryview(data)
        while view:
            view = view[self._tls.write(view) :]

    def _decrypted(self, data):
        """The plain bytes that this input completes, and whether more may come."""
        self._incoming.write(data)
        parts = []
        try:
            while True:
                part = self._tls.read(_CHUNK_BYTES)
                if not part:
                    return b"".join(parts), False
                parts.append(part)
        except ssl.SSLWantReadError:
            return b"".join(parts), True
        except ssl.SSLZeroReturnError:
            return b"".join(parts), False

    def _say_goodbye(self):
        try:
            self._tls.unwrap()
        except ssl.SSLError:
            # It has not answered that yet, or has said it before.
            pass


def _some(call, argument):
    try:
        return call(argument)
    except BlockingIOError:
        return None


_relays = set()


def finish():
    """At the end of the program: sends the last bytes to the server."""
    deadline = time.monotonic() + _EXIT_SECONDS
    relays = list(_relays)
    for relay in relays:
        relay.hang_up()
    for relay in relays:
        relay.join(max(0.0, deadline - time.monotonic()))
