"""Functions, classes and exceptions of the main script, in all directions."""

import sys
import multiprocessing


class MyError(Exception):
    def __init__(self, code, text):
        super().__init__(code, text)
        self.code = code


class Point:
    def __init__(self, x, y):
        self.x, self.y = x, y

    def __eq__(self, other):
        return type(self) is type(other) and (self.x, self.y) == (other.x, other.y)

    def doubled(self):
        return Point(self.x * 2, self.y * 2)

    @classmethod
    def origin(cls, _):
        return cls(0, 0)

    class Inner:
        pass


class Worker(multiprocessing.Process):
    def __init__(self, conn):
        super().__init__()
        self.conn = conn

    def run(self):
        self.conn.send((Point(1, 2), type(self).__name__, __name__))
        self.conn.send(isinstance(self.conn.recv(), Point))


def mirror(point):
    assert isinstance(point, Point), point
    return Point(point.y, point.x)


def fails(n):
    raise MyError(n, "as wanted")


def inner(_):
    return Point.Inner()


def put(queue, conn):
    queue.put({"point": Point(5, 6), "error": MyError(7, "in a queue"), "class": Point, "function": mirror})
    conn.send(MyError(8, "in a pipe"))


def nested(conn):
    queue = multiprocessing.Queue()
    theirs, ours = multiprocessing.Pipe()
    process = multiprocessing.Process(target=put, args=(queue, ours))
    process.start()
    conn.send((queue.get(), theirs.recv()))
    process.join()


def main():
    with multiprocessing.Pool(1) as pool:
        print(
            pool.map(mirror, [Point(1, 2)]) == [Point(2, 1)],
            pool.apply(Point(3, 4).doubled) == Point(6, 8),
            pool.apply(Point.origin, (1,)) == Point(0, 0),
        )
        print(type(pool.apply(inner, (1,))) is Point.Inner, list(pool.imap(mirror, [Point(7, 8)])) == [Point(8, 7)])
        for call in (
            lambda: pool.apply(fails, (1,)),
            lambda: pool.map(fails, [2]),
            lambda: next(pool.imap_unordered(fails, [3])),
        ):
            try:
                call()
            except MyError as error:
                print("MyError", error.code, error.args, type(error) is MyError)
        errors = []
        pool.apply_async(fails, (4,), error_callback=errors.append).wait()
        print([type(error) is MyError for error in errors])

    ours, theirs = multiprocessing.Pipe()
    worker = Worker(theirs)
    worker.start()
    point, name, module = ours.recv()
    print(point == Point(1, 2), name, module)
    ours.send(Point(0, 0))
    print(ours.recv())
    worker.join()

    queue = multiprocessing.Queue()
    for target, args in ((put, (queue, theirs)), (nested, (theirs,))):
        process = multiprocessing.Process(target=target, args=args)
        process.start()
        values = (queue.get(), ours.recv()) if target is put else ours.recv()
        process.join()
        print(
            values[0]["point"] == Point(5, 6),
            values[0]["class"] is Point,
            values[0]["function"] is mirror,
            type(values[0]["error"]) is MyError,
            values[1].code,
        )
    with multiprocessing.Manager() as manager:
        shared = manager.list([Point(1, 1)])
        print(shared[0] == Point(1, 1), Point(1, 1) in shared, shared.index(Point(1, 1)))
    print(sys.modules["__mp_main__"] is sys.modules["__main__"])


if __name__ == "__main__":
    # Children are fresh processes, as Polyproc's are.
    multiprocessing.set_start_method("spawn")
    main()
