"""What goes wrong in a manager, and managers that end or are killed."""

import copy
import os
import signal
import multiprocessing
from multiprocessing.managers import SyncManager


class MyError(Exception):
    pass


class Fussy:
    def __eq__(self, other):
        raise MyError("cannot be compared")


def misuse(d, l, report):
    for name, call in (
        ("key", lambda: d["none"]),
        ("index", lambda: l[10]),
        ("value", lambda: l.remove(99)),
        ("type", lambda: l.append(1, 2)),
    ):
        try:
            call()
        except Exception as error:
            report[name] = type(error).__name__, str(error)
    try:
        l.count(Fussy())
    except MyError as error:
        report["own"] = str(error)


def fails(d):
    return d["none"]


def after_the_end(conn, d):
    conn.send("ready")
    conn.recv()
    for _ in range(2):
        try:
            d["x"] = 1
        except (ConnectionError, EOFError) as error:
            conn.send(("lost", isinstance(error, OSError)))


def ignore_interrupts():
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def main():
    manager = multiprocessing.Manager()
    d, l, report = manager.dict(), manager.list([1, 2]), manager.dict()
    process = multiprocessing.Process(target=misuse, args=(d, l, report))
    process.start()
    process.join()
    for name, what in sorted(report.items()):
        print(name, what)
    with multiprocessing.Pool(1) as pool:
        try:
            pool.apply(fails, (d,))
        except KeyError as error:
            print("KeyError", error)
    try:
        l.nothing
    except AttributeError as error:
        print(error)
    print(copy.deepcopy(l), type(copy.deepcopy(d)).__name__)

    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.Process(target=after_the_end, args=(theirs, d))
    process.start()
    print(ours.recv())
    os.kill(manager._process.pid, signal.SIGKILL)
    manager._process.join()
    ours.send("go on")
    print(ours.recv(), ours.recv())
    process.join()
    print(process.exitcode)
    try:
        l.append(3)
    except (ConnectionError, EOFError):
        print("lost here, too")
    manager.shutdown()

    manager = SyncManager()
    try:
        manager.list()
    except AssertionError as error:
        print(error)
    manager.start(ignore_interrupts)
    l = manager.list("ab")
    print(list(l))
    try:
        manager.start()
    except multiprocessing.ProcessError as error:
        print(error)
    manager.shutdown()
    manager.join()
    try:
        l.append(1)
    except (ConnectionError, EOFError):
        print("shut down")
    try:
        manager.dict()
    except AssertionError:
        print("no longer")


if __name__ == "__main__":
    main()
