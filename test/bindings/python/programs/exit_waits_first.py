"""
Children are waited for before exit functions that were registered before the first object; those may use its objects
still.
"""

import atexit
import os
import shutil
import tempfile
import time
import multiprocessing

folder = None
things = []


def cleanup():
    print(sorted(os.listdir(folder)), flush=True)
    shutil.rmtree(folder)
    event, value, process, daemon = things
    event.set()
    with value.get_lock():
        value.value += 1
    print(
        event.is_set(),
        value.value,
        process.exitcode,
        process.is_alive(),
        daemon.exitcode,
        multiprocessing.active_children(),
        flush=True,
    )


def work(folder, event, value):
    event.wait()
    time.sleep(0.2)
    with open(os.path.join(folder, "by the child"), "w") as file:
        file.write("x")
    value.value = 41


def idle():
    time.sleep(600)


if __name__ == "__main__":
    folder = tempfile.mkdtemp()
    atexit.register(cleanup)
    event, value = multiprocessing.Event(), multiprocessing.Value("i", 0)
    process = multiprocessing.Process(target=work, args=(folder, event, value))
    daemon = multiprocessing.Process(target=idle, daemon=True)
    things += event, value, process, daemon
    process.start()
    daemon.start()
    event.set()
    print("end of the main script", flush=True)
