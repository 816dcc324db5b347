"""Memory that the server holds, in files that processes of its machine open."""

import errno
import mmap
import os
import stat
import sys


def open_file(place, flags=os.O_RDWR):
    """The file of an answer to `memory/create` or `memory/open`. OSError when it cannot be opened from here."""
    # What else may be there must neither be waited for nor be written to.
    flags |= getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        fd = os.open(place["path"], flags | getattr(os, "O_BINARY", 0))
    except OSError as error:
        raise _unreachable(error.errno, error.strerror) from None
    if _is_that_file(os.fstat(fd), place["inode"]):
        return fd
    os.close(fd)
    raise _unreachable(errno.ENOENT, "another file is there")


def _is_that_file(status, inode):
    # Elsewhere the numbers depend on who asks.
    return stat.S_ISREG(status.st_mode) and (
        sys.platform != "linux" or f"{status.st_dev}:{status.st_ino}" == inode and status.st_nlink == 0
    )


def _unreachable(number, why):
    return OSError(
        number,
        f"the server's shared memory could not be opened ({why}): the server runs as another user, in a container, or "
        f"on another machine",
    )


def mapped(place):
    """The whole file as a mmap, which keeps it."""
    fd = open_file(place)
    try:
        return mmap.mmap(fd, place["bytes"])
    finally:
        os.close(fd)
