"""Whose a server's Unix socket is."""

import os
import stat


def require_own_socket(path):
    """
    PermissionError when another user may have put the socket there: the program sends code to it, and opens its
    pickles.
    """
    if not hasattr(os, "getuid"):
        return
    path = os.path.abspath(path)
    mode = _require_own(os.path.dirname(path), "folder")
    if mode & 0o022:
        raise PermissionError(
            f"other users can write to the socket's folder {os.path.dirname(path)} (mode {stat.S_IMODE(mode):o}), "
            f"and may have put the socket there: "
            "make the folder yours alone (chmod 700), or choose another address"
        )
    _require_own(path, "socket")


def _require_own(path, what):
    """The mode of the file; 0 if there is no file: then connecting fails and says so."""
    try:
        status = os.lstat(path)
    except OSError:
        return 0
    if stat.S_ISLNK(status.st_mode):
        raise PermissionError(
            f"{path} is a symbolic link, and its end may be another user's: see who made it, and name the {what} "
            f"that it leads to"
        )
    if status.st_uid not in (os.getuid(), 0):
        raise PermissionError(
            f"the {what} {path} belongs to another user (uid {status.st_uid}, and this process runs as "
            f"{os.getuid()}): see whose it is, and remove it or choose another address"
        )
    return status.st_mode
