"""Pipes between a program and its child: what arrives must be a beginning of what was sent, in order."""

import polyproc
import soak_tasks


def pipe(work):
    while work.goes_on():
        work.random.choice([_stream, _exchange, _share])(work)


def _sizes(work, count):
    chance = work.random
    return [chance.randint(0, 400_000) if chance.random() < 0.05 else chance.randint(0, 200) for _ in range(count)]


def _stream(work):
    count = work.random.randint(1, 200)
    reader, writer = polyproc.Pipe(work.random.random() < 0.5)
    pauses = [work.random.randint(0, 10) if work.random.random() < 0.02 else 0 for _ in range(count)]
    child = polyproc.Process(target=soak_tasks.send, args=(writer, work.log.path, _sizes(work, count), pauses))
    child.start()
    writer.close()
    received = 0
    try:
        while True:
            number = int(reader.recv().rpartition(" ")[2])
            if number != received:
                work.log.write("violation", text=f"item {number} of a pipe came where {received} was due")
            received += 1
    except EOFError:
        pass
    except Exception as error:
        work.log.error("recv", error)
    reader.close()
    child.join()
    work.log.write("stream", count=count, received=received, exitCode=child.exitcode, child=child.pid)


def _exchange(work):
    mine, theirs = polyproc.Pipe()
    child = polyproc.Process(target=soak_tasks.echo, args=(theirs,), daemon=True)
    child.start()
    theirs.close()
    items = ["e" * size + f" {number}" for number, size in enumerate(_sizes(work, work.random.randint(1, 50)))]
    back = 0
    try:
        for item in items:
            mine.send(item)
            if mine.recv() != item:
                work.log.write("violation", text=f"item {back} came back changed")
            back += 1
    except Exception as error:
        work.log.error("exchange", error)
    try:
        mine.close()
    except Exception as error:
        work.log.error("close", error)
    child.join()
    work.log.write("exchange", count=len(items), back=back, exitCode=child.exitcode, child=child.pid)


def _share(work):
    """Several children send through one end, several receive from the other."""
    chance = work.random
    reader, writer = polyproc.Pipe(False)
    children = [
        polyproc.Process(
            target=soak_tasks.send_along, args=(writer, work.log.path, _sizes(work, chance.randint(1, 80)))
        )
        for _ in range(chance.randint(1, 3))
    ]
    children += [
        polyproc.Process(target=soak_tasks.receive, args=(reader, work.log.path)) for _ in range(chance.randint(1, 3))
    ]
    started = []
    for child in children:
        try:
            child.start()
            started.append(child)
        except Exception as error:
            work.log.error("share", error)
    # While this program holds the ends, no child gets EOF.
    writer.close()
    reader.close()
    for child in started:
        child.join()
    work.log.write("shared", children=[child.pid for child in started], exitCodes=[child.exitcode for child in started])
