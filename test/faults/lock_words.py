"""What Python processes do with a lock that has a word: see lock-words.ts."""

import os
import random
import signal


def die_at(lock, step):
    with lock:
        pass
    if step == "inside":
        lock.acquire()
    if step == "inside three times":
        with lock, lock, lock:
            die()
    if step == "released":
        with lock:
            pass
    die()


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def queue_up(lock, folder, name):
    with lock:
        append(folder, "order", name)


def contend(lock, folder, begun):
    begun.wait()
    while True:
        if random.random() < 0.7:
            with lock:
                section(lock, folder)
        elif lock.acquire(block=random.random() < 0.5, timeout=5):
            section(lock, folder)
            lock.release()


def section(lock, folder):
    inside = os.path.join(folder, "inside")
    if lock.owner_died:
        append(folder, "told", "x")
        if os.path.exists(inside):
            os.unlink(inside)
    try:
        os.close(os.open(inside, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        append(folder, "violations", f"python {os.getpid()}\n")
        return
    append(folder, "sections", "p")
    os.unlink(inside)


def append(folder, name, text):
    with open(os.path.join(folder, name), "a") as file:
        file.write(text)
