"""What the children of these programs run."""

import os
import time

import polyproc
import soak_log
import soak_slots


def work(item):
    log = soak_log.Log(item["log"])
    log.write("task", call=item["call"], number=item["number"])
    log.close()
    name = f"{item['call']}.{item['number']}"
    for line in range(item["lines"]):
        print(f"{name} line {line}")
    if item["ms"]:
        time.sleep(item["ms"] / 1000)
    return "r" * item["bytes"] + name


def work_guarded(item, lock, folder, name):
    """The same while it holds a contended lock: a process that is killed here dies as the lock's holder."""
    with lock:
        log = soak_log.Log(item["log"])
        slot = soak_slots.enter(log, folder, name, 1)
        log.close()
        result = work(item)
        soak_slots.leave(slot)
    return result


def receive(end, path):
    """Takes what comes from an end that others read, too, until nothing comes."""
    log = soak_log.Log(path)
    try:
        while True:
            log.write("received", item=end.recv().rpartition(" ")[2])
    except EOFError:
        pass
    except Exception as error:
        log.error("receive", error)
    end.close()
    log.write("receiverEnded")


def send_along(end, path, sizes):
    """Sends items that name their sender through an end that others use, too."""
    log = soak_log.Log(path)
    try:
        for number, size in enumerate(sizes):
            item = f"{os.getpid()}.{number}"
            log.write("sent?", item=item)
            end.send("p" * size + f" {item}")
            log.write("sentAlong", item=item)
    except Exception as error:
        log.error("sendAlong", error)
    end.close()
    log.write("senderEnded")


def spread(items, results):
    with polyproc.Pool(2) as pool:
        results.put(pool.map(work, items))


def send(end, path, sizes, pauses):
    log = soak_log.Log(path)
    try:
        for number, size in enumerate(sizes):
            end.send("p" * size + f" {number}")
            log.write("sent", number=number)
            if pauses[number]:
                time.sleep(pauses[number] / 1000)
    except Exception as error:
        log.error("send", error)
    end.close()
    log.write("closed")


def echo(end):
    try:
        while True:
            end.send(end.recv())
    except EOFError:
        pass
    end.close()


def grow(path, depth, width, ms):
    log = soak_log.Log(path)
    log.write("grown", depth=depth)
    time.sleep(ms / 1000)
    if depth > 0:
        children = [polyproc.Process(target=grow, args=(path, depth - 1, width, ms)) for _ in range(width)]
        for child in children:
            child.start()
        for child in children:
            child.join()
            log.write("joined", depth=depth, child=child.pid, exitCode=child.exitcode)


def change(shared, lock, times):
    """Adds to a manager's numbers, of which no addition may get lost."""
    for _ in range(times):
        with lock:
            shared["sum"] = shared["sum"] + 1
            shared[os.getpid()] = shared.get(os.getpid(), 0) + 1
