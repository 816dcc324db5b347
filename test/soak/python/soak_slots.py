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
    """The file names its maker from the first moment on, also when that is killed in the middle."""
    named = f"{path}.{os.getpid()}.made"
    with open(named, "w") as file:
        file.write(str(os.getpid()))
    try:
        os.link(named, path)
    except FileExistsError:
        return False
    finally:
        os.unlink(named)
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
    # 0: it has just gone.
    if maker == 0 or _is_living(maker):
        return
    try:
        away = f"{path}.{os.getpid()}"
        os.rename(path, away)
        os.unlink(away)
    except OSError:
        pass
