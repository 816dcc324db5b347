"""Managers that other programs connect to: with an address, a key, types of one's own."""

import multiprocessing
import queue
import signal
import threading
from multiprocessing.managers import BaseManager, BaseProxy, RemoteError, SyncManager

HOST = "localhost"
KEY = b"between programs"


class Counter:
    def __init__(self, start=0):
        self.value = start

    def increment(self):
        self.value += 1
        return self.value

    def fail(self):
        raise KeyError("no such thing")

    def _secret(self):
        return "secret"

    def numbers(self):
        return iter(range(3))


class NumbersProxy(BaseProxy):
    _exposed_ = ("__next__",)

    def __iter__(self):
        return self

    def __next__(self):
        return self._callmethod("__next__")


class Manager(BaseManager):
    pass


Manager.register("Counter", Counter, method_to_typeid={"numbers": "Numbers"})
Manager.register("Open", Counter, exposed=("_secret", "increment"))
Manager.register("Numbers", proxytype=NumbersProxy, create_method=False)
jobs = queue.Queue()


class Jobs(BaseManager):
    pass


class JobsOfOthers(BaseManager):
    pass


def get_jobs():
    return jobs


Jobs.register("get_jobs", callable=get_jobs)
JobsOfOthers.register("get_jobs")


def prepare(text):
    print("prepared:", text, signal.getsignal(signal.SIGINT) == signal.SIG_IGN, flush=True)


def puts(address):
    manager = JobsOfOthers(address=address, authkey=KEY)
    manager.connect()
    manager.get_jobs().put(("from a child", [1, 2]))


def counts(counter):
    print("in a child:", counter.increment(), flush=True)


def shares(items, lock):
    with lock:
        items.append("child")


if __name__ == "__main__":
    with Manager(address=(HOST, 0), authkey=KEY) as manager:
        print(manager.address[0] in ("127.0.0.1", "::1"), manager.address[1] > 0)
        counter = manager.Counter(5)
        print(counter.increment(), counter.increment())
        print([name for name in ("increment", "fail", "_secret") if hasattr(counter, name)])
        print([name for name in ("increment", "fail", "_secret") if hasattr(manager.Open(), name)])
        print(manager.Open()._secret(), list(counter.numbers()))
        try:
            counter.fail()
        except KeyError as error:
            print("KeyError", error)
        try:
            counter._callmethod("_secret")
        except RemoteError as error:
            print("RemoteError", "_secret" in str(error))
        process = multiprocessing.Process(target=counts, args=(counter,))
        process.start()
        process.join()
        print(counter.increment())

    started = Jobs(address=(HOST, 0), authkey=KEY)
    started.start(prepare, ("once",))
    process = multiprocessing.Process(target=puts, args=(started.address,))
    process.start()
    process.join()
    print(started.get_jobs().get(timeout=30))
    try:
        started.start()
    except multiprocessing.ProcessError as error:
        print(error)
    started.shutdown()

    # This program is the server.
    served = Jobs(address=(HOST, 0), authkey=KEY)
    server = served.get_server()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    process = multiprocessing.Process(target=puts, args=(server.address,))
    process.start()
    print(jobs.get(timeout=30))
    process.join()

    wrong = JobsOfOthers(address=server.address, authkey=b"wrong")
    try:
        wrong.connect()
    except multiprocessing.AuthenticationError as error:
        print("refused:", error)

    with SyncManager(address=(HOST, 0), authkey=KEY) as manager:
        items, lock = manager.list(["parent"]), manager.Lock()
        process = multiprocessing.Process(target=shares, args=(items, lock))
        process.start()
        process.join()
        print(list(items), manager.dict(a=1)["a"], manager.Value("i", 7).value)
