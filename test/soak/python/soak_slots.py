"""Proves exclusion by the file system, as programs/slots.ts does."""

import os
import time

DYING = 10


def enter(log, folder, name, count):
    """
    Makes one of `count` files, which must not exist unless its maker was killed, and gives its path, to remove before
    leaving.
    """
    paths = [os.path.join(folder, f"{name}.{i}") for i in range(count)]
    end = time.monotonic() + DYING
    while True:
        for path in paths:
            if _make(path):
                return path
        for path in paths:
            _take_away_of_dead(path)
        if time.monotonic() > end:
            log.write("violation", text=f"{count} were inside of {name}: {[_maker_of(path) for path in paths]}")
            return ""
        time.sleep(0.001)


def leave(path):
    if path:
        os.unlink(path)


def _make(path):
    try:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    os.write(fd, str(os.getpid()).encode())
    os.close(fd)
    return True


def _maker_of(path):
    try:
        with open(path) as file:
            return int(file.read())
    except (OSError, ValueError):
        return 0


def _is_living(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def _take_away_of_dead(path):
    maker = _maker_of(path)
    # 0: it was just made, or has just gone.
    if maker == 0 or _is_living(maker):
        return
    try:
        away = f"{path}.{os.getpid()}"
        os.rename(path, away)
        os.unlink(away)
    except OSError:
        pass
