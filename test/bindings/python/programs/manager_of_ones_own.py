"""Managers with classes of the program's own."""

import operator
import multiprocessing
from multiprocessing.managers import BaseManager, BaseProxy, DictProxy, NamespaceProxy, SyncManager


class Maths:
    def __init__(self, start=0):
        self.sum = start

    def add(self, x, y):
        self.sum += x + y
        return x + y

    def total(self):
        return self.sum

    def fail(self):
        raise KeyError("no")

    def _hidden(self):
        return "hidden"

    def table(self):
        return {"sum": self.sum}


def numbers():
    for i in range(4):
        yield i * i


class GeneratorProxy(BaseProxy):
    _exposed_ = ["__next__"]

    def __iter__(self):
        return self

    def __next__(self):
        return self._callmethod("__next__")


class MathsProxy(NamespaceProxy):
    _exposed_ = ("__getattribute__", "__setattr__", "__delattr__", "add")

    def add(self, x, y):
        return self._callmethod("add", (x, y))


def get_operators():
    return operator


class MyManager(BaseManager):
    pass


class Extended(SyncManager):
    pass


MyManager.register("Maths", Maths)
MyManager.register("Partly", Maths, exposed=("add", "_hidden"))
MyManager.register("numbers", numbers, proxytype=GeneratorProxy)
MyManager.register("operators", get_operators)
MyManager.register("Table", dict, DictProxy)
MyManager.register("WithTable", Maths, method_to_typeid={"table": "Table"})
Extended.register("Attributes", Maths, MathsProxy)


def child(maths, attributes):
    maths.add(10, 20)
    try:
        maths.fail()
    except KeyError as error:
        print("KeyError", error, flush=True)
    attributes.sum = attributes.add(1, 2) + 100


def main():
    with MyManager() as manager, Extended() as extended:
        maths = manager.Maths(1)
        print(maths.add(4, 3), maths.total(), hasattr(maths, "_hidden"), hasattr(maths, "nothing"))
        partly = manager.Partly()
        print(partly.add(1, 1), partly._hidden(), hasattr(partly, "total"))
        print(list(manager.numbers()), manager.operators().mul(6, 7))
        table = manager.WithTable(5).table()
        table["more"] = 1
        print(type(table).__name__, sorted(table.items()))
        attributes = extended.Attributes()
        process = multiprocessing.Process(target=child, args=(maths, attributes))
        process.start()
        process.join()
        print(process.exitcode, maths.total(), attributes.sum, list(extended.list([1])))
        print(hasattr(manager, "list"), hasattr(BaseManager, "Maths"), hasattr(manager, "Attributes"))


if __name__ == "__main__":
    multiprocessing.set_start_method("spawn")
    main()
