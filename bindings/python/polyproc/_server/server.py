"""Where the server is: an address, or a private one that is started for this process alone."""

import os
import shutil
import socket
import sys

from .._bypass.blocks import use_blocks
from .._errors import Closed, PolyprocError, SpawnFailed
from .._session.session import Session
from .._values.foreign import trusts_all
from .._values.large import LARGEST_BYTES, OVERHEAD_BYTES
from .._values.msgpack import pack
from .node import OLDEST_NODE, find_node
from .own_configuration import own_configuration
from .socket_owner import require_own_socket

PROTOCOL_VERSION = "1.0"
# How long what listens at an address may take to answer `initialize`, and a TCP connection to be accepted. A server
# that runs answers within milliseconds, even a busy one. One that takes longer than this is stopped, or is something
# else.
CONNECT_SECONDS = 30
# The package.
_HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def open_session(sock, token=None, trust_blobs=True, address=None):
    """`address`: of a server that this process did not start; it has CONNECT_SECONDS to answer."""
    session = Session(sock)
    try:
        answer = session.send(
            "initialize",
            pack(
                {
                    "protocolVersion": PROTOCOL_VERSION,
                    "clientInfo": {"name": "polyproc-python"},
                    "processId": os.getpid(),
                    "capabilities": {"channels": session.channels, "maxPayloadBytes": LARGEST_BYTES},
                    **({} if trust_blobs else {"blobs": "own"}),
                    **({} if token is None else {"token": token}),
                }
            ),
        )
        facts = session.wait(answer, timeout=None if address is None else CONNECT_SECONDS)
        if facts is None:
            raise ConnectionError(
                f"what listens at {address} has not answered within {CONNECT_SECONDS} s: is it a Polyproc server, "
                f"and is its process not stopped?"
            )
    except BaseException:
        session.wire.close()
        raise
    begin(session, facts)
    return session


def begin(session, facts):
    session.facts = facts
    session.prefix = facts["session"]
    session.channels = facts["capabilities"]["channels"]
    session.max_payload = facts["limits"]["maxPayloadBytes"] - OVERHEAD_BYTES
    session.wire.longest_frame = facts["limits"]["maxMessageBytes"]
    use_blocks(session)


def _at_a_distance(session):
    session.remote = True
    return session


def connect_to(address, token=None, trust_blobs=None):
    """
    A session with the server at `unix:PATH`, `tcp:HOST:PORT` or `tls:HOST:PORT`. ConnectionError when there is none
    says what to check next.
    `trust_blobs`: see `polyproc.connect`.
    """
    if token is None:
        token = os.environ.get("POLYPROC_TOKEN")
    kind, _, place = address.partition(":")
    trusting = trusts_all(trust_blobs, kind)
    if kind == "unix":
        require_own_socket(place)
        return open_session(_connected(address, place), None, trusting, address)
    host, _, port = place.rpartition(":")
    host = host.strip("[]")
    if kind not in ("tcp", "tls") or not host or not port.isdecimal():
        raise ValueError(f"expected unix:PATH, tcp:HOST:PORT or tls:HOST:PORT, got {address!r}")
    sock = _connected(address, (host, int(port)))
    if kind == "tls":
        from .._session import tls

        return _at_a_distance(open_session(tls.secured(sock, host, address), token, trusting, address))
    try:
        return _at_a_distance(open_session(sock, token, trusting, address))
    except Closed as error:
        raise ConnectionError(
            f"what listens at {address} ended the connection at once: is it a Polyproc server? If it has "
            f"--tls-cert, its address begins with tls:"
        ) from error


def _connected(address, place):
    """A socket that is connected to a path, or to a host and port."""
    try:
        if isinstance(place, str):
            sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                sock.connect(place)
            except BaseException:
                sock.close()
                raise
            return sock
        sock = socket.create_connection(place, CONNECT_SECONDS)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock
    except socket.gaierror as error:
        raise ConnectionError(f"the host of {address} cannot be found: {error}; check its name") from error
    except OSError as error:
        raise ConnectionError(
            f"no Polyproc server answers at {address}: {error}; is `polyproc serve --listen {address}` running?"
        ) from error


def connect_to_named(address):
    """
    A session with the server of POLYPROC_ADDRESS. When none answers there, and POLYPROC_SERVE is a command (for `sh`)
    that starts it and returns once it listens, that is run first.
    """
    try:
        return connect_to(address)
    except ConnectionError as error:
        command = os.environ.get("POLYPROC_SERVE")
        if not command or not isinstance(error.__cause__, (FileNotFoundError, ConnectionRefusedError)):
            raise
    import subprocess

    status = subprocess.run(["sh", "-c", command], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL).returncode
    if status != 0:
        raise SpawnFailed(
            f"no server answers at POLYPROC_ADDRESS, and POLYPROC_SERVE, which is to start it, has failed (exit "
            f"code {status}): {command}"
        )
    return connect_to(address)


def find_server():
    """The path of the server's first module."""
    given = os.environ.get("POLYPROC_SERVER")
    if given:
        if os.path.exists(given):
            return given
        raise SpawnFailed(
            f"POLYPROC_SERVER names {given}, which does not exist: set it to the dist/server/main.js of "
            f"Polyproc's package"
        )
    # What a wheel brings.
    bundled = os.path.join(_HERE, "_node", "dist", "server.cjs")
    if os.path.exists(bundled):
        return bundled
    for folder in _package_folders():
        candidate = os.path.join(folder, "dist", "server", "main.js")
        if os.path.exists(candidate):
            return os.path.normpath(candidate)
    raise SpawnFailed(
        "Polyproc's server was not found: install it (npm install --global polyproc), or set POLYPROC_SERVER to "
        "its dist/server/main.js, "
        "or POLYPROC_ADDRESS to the address of a server that runs (polyproc serve)"
    )


def _package_folders():
    """Where the npm package or a checkout may be, the nearest first."""
    yield os.path.join(_HERE, "..", "..", "..")
    installed_from = _installed_from()
    if installed_from:
        yield os.path.join(installed_from, "..", "..")
    command = shutil.which("polyproc")
    if command:
        # dist/cli/main.js
        yield os.path.join(os.path.dirname(os.path.realpath(command)), "..", "..")
    modules = _global_modules()
    if modules:
        yield os.path.join(modules, "polyproc")


def _installed_from():
    """The folder from which `pip install FOLDER` has installed this package."""
    import json
    from importlib import metadata
    from urllib.parse import unquote, urlsplit

    try:
        text = metadata.distribution("polyproc").read_text("direct_url.json")
    except metadata.PackageNotFoundError:
        return None
    url = urlsplit(json.loads(text)["url"]) if text else None
    return unquote(url.path) if url is not None and url.scheme == "file" else None


def _global_modules():
    import subprocess

    npm = shutil.which("npm")
    if npm is None:
        return None
    try:
        return (
            subprocess.run([npm, "root", "--global"], capture_output=True, text=True, timeout=20).stdout.strip() or None
        )
    except (OSError, subprocess.SubprocessError):
        return None


def start_private_server():
    """
    Starts a server for this process alone. Its only door is a socket that both inherited; it ends when this process
    does, or with the last child whose `on_parent_death` is "continue". Out of the terminal's reach, it does not die of
    the Ctrl-C that ends the program.
    """
    import subprocess

    node, main = find_node(), find_server()
    ours, theirs = socket.socketpair()
    with theirs:
        environment = dict(os.environ)
        # Children run in the interpreter of this program, with the binding of this program.
        if sys.executable:
            environment["POLYPROC_PYTHON"] = sys.executable
        environment["POLYPROC_PYTHON_HOST"] = os.path.join(_HERE, "host")
        try:
            server = subprocess.Popen(
                # As standard input: a descriptor above 15 would reach the server's children.
                [node, main, "--fd", "0", *own_configuration()],
                stdin=theirs,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
                env=environment,
            )
        except OSError as error:
            ours.close()
            raise SpawnFailed(f"the server could not be started with {node}: {error}") from error
    try:
        session = open_session(ours)
    except PolyprocError as error:
        code = server.poll()
        raise SpawnFailed(
            f"the server ended as soon as it was started (exit code {code}); what it wrote to standard error says "
            f"why, and {node} must be Node.js {OLDEST_NODE} or later"
        ) from error
    # The process outlives this Popen object, which must not warn of it.
    server.returncode = server.poll() if server.returncode is None else server.returncode
    session.server = server
    session.environment = environment
    return session
