"""Every kind of object of a manager, used by processes and by their threads."""

import threading
import multiprocessing


def use_containers(d, l, ns, value, array, i):
    d[i] = i * i
    d[f"nested {i}"] = {"list": [i]}
    l.append(i)
    l += [i, i]
    ns.last = "set by a child"
    array[i] = array[i] + 10 * i
    value.set(7)


def count(lock, value, counts, name):
    for _ in range(20):
        with lock:
            value.value += 1
            counts[name] = counts.get(name, 0) + 1


def consume(tasks, done, started):
    started.set()
    while True:
        item = tasks.get()
        try:
            if item is None:
                return
            done.put((item, item + 1))
        finally:
            tasks.task_done()


def wait_for_it(condition, ns, log):
    with condition:
        condition.wait_for(lambda: ns.ready)
    log.append("heard of it")


def limited(semaphore, inside, peak, lock):
    with semaphore:
        with lock:
            inside.value += 1
            peak.value = max(peak.value, inside.value)
        with lock:
            inside.value -= 1


def meet(barrier, log):
    log.append(barrier.wait() >= 0)


def in_threads(d, lock):
    def work(name):
        for _ in range(10):
            with lock:
                d[name] = d.get(name, 0) + 1

    threads = [threading.Thread(target=work, args=(f"thread {n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def grandchild(d):
    d["grandchild"] = True


def child(d):
    process = multiprocessing.Process(target=grandchild, args=(d,))
    process.start()
    process.join()
    d["child"] = process.exitcode


def run(target, argses):
    processes = [multiprocessing.Process(target=target, args=args) for args in argses]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return [process.exitcode for process in processes]


def main():
    with multiprocessing.Manager() as manager:
        d, l, ns = manager.dict(), manager.list(), manager.Namespace(last=None)
        value, array = manager.Value("i", 0), manager.Array("i", range(3))
        print(run(use_containers, [(d, l, ns, value, array, i) for i in range(3)]))
        print(sorted(d.items(), key=str), sorted(l), ns.last, value.value, list(array))
        print(len(d), 1 in d, d.pop(1), 1 in d, d.setdefault("x", 5), d.get("none"), sorted(map(str, d)))
        print(str(value), str(ns), str(manager.list([1, "a"])), str(array))

        lock, counter, counts = manager.Lock(), manager.Value("i", 0), manager.dict()
        print(
            run(count, [(lock, counter, counts, name) for name in ("a", "b", "c")]),
            counter.value,
            sorted(counts.items()),
        )

        tasks, done, started = manager.Queue(), manager.Queue(), manager.Event()
        consumers = [multiprocessing.Process(target=consume, args=(tasks, done, started)) for _ in range(2)]
        for consumer in consumers:
            consumer.start()
        print(started.wait(30), started.is_set())
        for i in range(6):
            tasks.put(i)
        tasks.join()
        print(sorted(done.get() for _ in range(6)), tasks.empty(), done.qsize())
        for _ in consumers:
            tasks.put(None)
        for consumer in consumers:
            consumer.join()
        print([consumer.exitcode for consumer in consumers])

        condition, flags, log = manager.Condition(), manager.Namespace(ready=False), manager.list()
        waiters = [multiprocessing.Process(target=wait_for_it, args=(condition, flags, log)) for _ in range(2)]
        for waiter in waiters:
            waiter.start()
        with condition:
            flags.ready = True
            condition.notify_all()
        for waiter in waiters:
            waiter.join()
        print(list(log), [waiter.exitcode for waiter in waiters])

        semaphore, inside, peak = manager.Semaphore(2), manager.Value("i", 0), manager.Value("i", 0)
        print(run(limited, [(semaphore, inside, peak, lock)] * 4), inside.value, 1 <= peak.value <= 2)
        print(run(meet, [(manager.Barrier(2), log)] * 2), list(log))

        by_threads = manager.dict()
        print(run(in_threads, [(by_threads, lock)]), sorted(by_threads.items()))
        print(run(child, [(d,)]), d["grandchild"], d["child"])


if __name__ == "__main__":
    main()
