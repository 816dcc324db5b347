"""
Takes a recursive lock twice, and releases it twice; at one access to the page of locks its session is ended, or the
process is killed. `lock-steps.ts` has the same for Node. Arguments: the built native code, the server's address, a
folder, and `end` or `kill N`.
"""

import ctypes
import os
import sys

from polyproc import _native

path, address, folder, how = sys.argv[1:5]
# Before anything imports it.
_native.native = _native._open(path)
steps = ctypes.CDLL(path)

import polyproc  # noqa: E402


def sockets():
    """Descriptors by what they are: a number may be used again."""
    found = {}
    for fd in os.listdir("/proc/self/fd"):
        try:
            found[os.readlink(f"/proc/self/fd/{fd}")] = int(fd)
        except OSError:
            # It was the folder's own.
            pass
    return {link: fd for link, fd in found.items() if link.startswith("socket:")}


def set_int(name, value):
    ctypes.c_int.in_dll(steps, name).value = value


def set_path(name, path):
    (ctypes.c_char * 4096).in_dll(steps, name).value = path.encode()


def nested(lock):
    lock.acquire()
    lock.acquire()
    lock.release()
    lock.release()


def run(at):
    """Returns whether the access was reached."""
    before = sockets()
    context = polyproc.connect(address)
    lock = context.RLock(name=f"{at}")
    nested(lock)
    (socket,) = [fd for link, fd in sockets().items() if link not in before]
    set_int("steps_socket", socket if how == "end" else -1)
    set_path("steps_reached", os.path.join(folder, f"reached-{at}"))
    set_path("steps_go_on", os.path.join(folder, f"go-{at}"))
    set_int("steps_left", at)
    try:
        nested(lock)
    except Exception as error:
        if not isinstance(error, (polyproc.PolyprocError, AssertionError)):
            raise
    left = ctypes.c_int.in_dll(steps, "steps_left").value
    set_int("steps_left", 0)
    return left == 0


if how == "kill":
    run(int(sys.argv[5]))
    print("over")
else:
    at = 1
    while run(at):
        print(at, flush=True)
        at += 1
    print("over")
