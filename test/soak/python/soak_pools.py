"""Pools, called in all their ways. Each item names itself, so that results can be told apart."""

import polyproc
import soak_tasks


def pool(work):
    chance = work.random
    with polyproc.Pool(work.params["processes"], maxtasksperchild=work.params.get("maxTasksPerChild")) as shared:
        call = 0
        while work.goes_on():
            items = _items(work, call, chance.randint(1, 40))
            # A JavaScript function in the same pool, now and then.
            function = polyproc.module(work.params["tasks"], "work") if chance.random() < 0.25 else soak_tasks.work
            way = chance.choice(["map", "chunked", "apply", "starmap", "unordered", "imap"])
            work.log.write("call", call=call, way=way, items=len(items), retries=0)
            try:
                if way == "map":
                    results = shared.map(function, items)
                elif way == "chunked":
                    results = shared.map(function, items, chance.randint(1, 20))
                elif way == "starmap":
                    results = shared.starmap(function, [(item,) for item in items])
                elif way == "apply":
                    results = [_outcome(one) for one in [shared.apply_async(function, (item,)) for item in items]]
                else:
                    iterator = (
                        shared.imap_unordered(function, items) if way == "unordered" else shared.imap(function, items)
                    )
                    results = _all_of(iterator, len(items))
                _write_results(work, call, results, way == "unordered")
            except Exception as error:
                work.log.error(way, error)
            call += 1
        shared.close()
        shared.join()


def guarded(work):
    """Tasks that hold one lock, one after another."""
    name = work.params["name"]
    lock = polyproc.Lock(name=name)
    with polyproc.Pool(work.params["processes"]) as shared:
        call = 0
        while work.goes_on():
            items = _items(work, call, work.random.randint(1, 20), 3)
            work.log.write("call", call=call, way="guarded", items=len(items), retries=0)
            try:
                calls = [
                    shared.apply_async(soak_tasks.work_guarded, (item, lock, work.params["folder"], name))
                    for item in items
                ]
                _write_results(work, call, [_outcome(one) for one in calls], False)
            except Exception as error:
                work.log.error("guarded", error)
            call += 1


def imap(work):
    """Streams a long list, slowly read."""
    with polyproc.Pool(work.params["processes"]) as shared:
        call = 0
        while work.goes_on():
            items = _items(work, call, work.random.randint(50, 400), 1)
            work.log.write("call", call=call, way="imap", items=len(items), retries=0)
            _write_results(
                work,
                call,
                _all_of(shared.imap(soak_tasks.work, iter(items), work.random.randint(1, 10)), len(items)),
                False,
            )
            call += 1


def nested(work):
    """Children that have pools. Those of a pool are daemonic, and may not."""
    call = 0
    while work.goes_on():
        items = _items(work, call, 12, 2)
        work.log.write("call", call=call, way="nested", items=12, retries=0)
        results = polyproc.Queue()
        children = [polyproc.Process(target=soak_tasks.spread, args=(items[at : at + 4], results)) for at in (0, 4, 8)]
        try:
            for child in children:
                child.start()
            for child in children:
                child.join()
            codes = [child.exitcode for child in children]
            parts = [results.get_nowait() for code in codes if code == 0]
            if codes == [0, 0, 0]:
                _write_results(work, call, sum(parts, []), True)
            else:
                work.log.write("ended", exitCodes=codes)
        except Exception as error:
            work.log.error("nested", error)
        call += 1


def _items(work, call, count, longest=15):
    chance = work.random
    return [
        {
            "log": work.log.path,
            "call": call,
            "number": number,
            "ms": 0 if chance.random() < 0.5 else chance.randint(0, longest),
            "bytes": chance.randint(0, 300_000) if chance.random() < 0.03 else chance.randint(0, 100),
            "lines": chance.randint(0, 20) if chance.random() < 0.1 else 0,
        }
        for number in range(count)
    ]


def _outcome(result):
    try:
        return result.get()
    except Exception as error:
        return error


def _all_of(iterator, count):
    results = []
    # One more than there are: the end. A connection that has gone fails each time.
    for _ in range(count + 1):
        try:
            results.append(next(iterator))
        except StopIteration:
            return results
        except Exception as error:
            results.append(error)
    return results


def _write_results(work, call, results, unordered):
    told = [result.lstrip("r") if isinstance(result, str) else f"!{type(result).__name__}" for result in results]
    work.log.write("results", call=call, unordered=unordered, results=told)
