"""The configuration of a program's private server."""

import os
import sys


def own_configuration():
    """
    The options with which the private server gets the current folder's polyproc.json, which names programs to run: only
    when the program is in that folder or below it, and no other user can have written the file.
    """
    code = getattr(sys.modules.get("__main__"), "__file__", None)
    if not code or os.environ.get("POLYPROC_CONFIG"):
        return []
    try:
        folder = os.getcwd()
        file = os.path.join(folder, "polyproc.json")
        if _others_may_write(os.stat(file)) or _others_may_write(os.stat(folder)):
            return []
        if not os.path.realpath(code).startswith(os.path.join(os.path.realpath(folder), "")):
            return []
    except OSError:
        # There is no such file, as nearly always.
        return []
    return ["--config", file]


def _others_may_write(status):
    # Members of a group are trusted: with many systems' defaults all files of a user can be written by a group of one.
    return hasattr(os, "getuid") and (status.st_uid not in (os.getuid(), 0) or bool(status.st_mode & 0o002))
