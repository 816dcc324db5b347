"""
What threads, signal handlers and finalizers do at once. Each is `scenario(scheduler)`: it prepares the threads, the
first of which is the main one.
"""

from polyproc._bypass import pipe_end
from polyproc._errors import Closed, PolyprocError
from polyproc._pools.imap import IMapIterator, IMapUnorderedIterator
from polyproc._pools.pool_job import PoolJob
from polyproc._pools.results import ApplyResult
from polyproc._values.msgpack import pack

from system import System


class Interrupted(BaseException):
    pass


def echo(system, message):
    """Each request is answered with its own parameters; an event is set by a request, and waited for by another."""
    if "id" not in message:
        if message["method"] == "$/cancelRequest":
            pending = system.__dict__.setdefault("pending", {})
            waiting = [one for one in pending.get("event", ()) if one["id"] == message["params"]["id"]]
            for one in waiting:
                pending["event"].remove(one)
                system.tell(
                    {
                        "id": one["id"],
                        "error": {"code": -32800, "message": "cancelled", "data": {"name": "RequestCancelled"}},
                    }
                )
        return
    pending = system.__dict__.setdefault("pending", {})
    if message["method"] == "event/wait":
        if pending.get("set"):
            system.tell({"id": message["id"], "result": {"set": True}})
        else:
            pending.setdefault("event", []).append(message)
        return
    if message["method"] == "event/set":
        pending["set"] = True
        for one in pending.pop("event", ()):
            system.tell({"id": one["id"], "result": {"set": True}})
        system.tell({"id": message["id"], "result": None})
        return
    system.tell({"id": message["id"], "result": message["params"]})


def expect(is_so, what):
    if not is_so:
        raise AssertionError(what)


def ask(session, value):
    answer = session.request("test/echo", {"value": value})
    expect(answer == {"value": value}, f"asked {value}, and was answered {answer}")


def main_first(scheduler, *targets):
    """The scenario's threads: the first one is the main one."""
    for number, target in enumerate(targets):
        scheduler.spawn(("main", "second", "third")[number], target)


def requests_of_threads(scheduler):
    def main():
        for i in range(2):
            ask(box[0], f"main {i}")

    def other():
        for i in range(2):
            ask(box[0], f"other {i}")

    main_first(scheduler, main, other)
    box = [System(scheduler, echo).session()]
    scheduler.handler = lambda: ask(box[0], "handler")


def requests_while_another_thread_listens(scheduler):
    def main():
        for i in range(2):
            ask(session, f"main {i}")

    main_first(scheduler, main)
    session = System(scheduler, echo).session()
    session.listen()
    scheduler.handler = lambda: (ask(session, "handler"), ask(session, "again"))


def a_handler_sets_what_is_waited_for(scheduler):
    def main():
        ask(session, "before")
        answer = session.send("event/wait", pack({}))
        # Time passes when nothing else can happen.
        came = session.wait(answer, timeout=1000)
        if came is None:
            session.request("event/set", {})
            came = session.wait(answer)
        expect(came == {"set": True}, f"waited for the event, and got {came}")
        expect(scheduler.handler is not None or scheduler.now < 1000 or late, "it came by the clock only")
        ask(session, "after")

    late = []
    main_first(scheduler, main)
    session = System(scheduler, echo).session()
    scheduler.handler = lambda: (late.append(True) if scheduler.now >= 1000 else None, session.request("event/set", {}))


def a_handler_raises(scheduler):
    def main():
        try:
            for i in range(2):
                session.cast("test/cast", pack({}))
                ask(session, f"main {i}")
            scheduler.handler = None
        except Interrupted:
            pass
        ask(session, "main, afterwards")
        done.append(True)

    def other():
        for i in range(2):
            ask(session, f"other {i}")
        scheduler.block(lambda: done)
        ask(session, "other, afterwards")

    def handler():
        raise Interrupted

    done = []
    main_first(scheduler, main, other)
    session = System(scheduler, echo).session()
    scheduler.handler = handler


def a_handler_sends_in_the_middle_of_a_send(scheduler):
    """The socket takes three bytes at a time, and sometimes none."""

    def main():
        for i in range(2):
            ask(session, f"main {i}")

    def drain():
        while True:
            scheduler.block(lambda: system.room <= 0)
            system.room = 23

    main_first(scheduler, main)
    system = System(scheduler, echo, room=23)
    scheduler.spawn("kernel", drain, serves=True)
    session = system.session()
    scheduler.handler = lambda: (session.notify("test/told", {"by": "handler"}), ask(session, "handler"))


def references_that_come_and_go(scheduler):
    def main():
        session.adopt("event:1")
        session.adopt("event:2")
        session.drop("event:1")
        ask(session, "main")
        check()

    def other():
        session.adopt("event:2")
        session.drop("event:2")

    def handler():
        session.adopt("event:3")
        session.drop("event:3")

    def check():
        scheduler.block(lambda: scheduler.workers[1].over)
        # A change of the other thread may have been left to this one, and the reverse.
        session.drop("event:2")
        ask(session, "check")
        released = sorted(
            one
            for message in system.received
            if message["method"] == "handle/release"
            for one in message["params"]["handles"]
        )
        wanted = ["event:1", "event:2", "event:2"] + (["event:3"] if scheduler.handler is None else [])
        expect(released == wanted, f"released {released}")

    main_first(scheduler, main, other)
    system = System(scheduler, echo)
    session = system.session()
    scheduler.handler = handler


def end_of(session):
    session._end(None)
    session._hang_up()


def the_end_of_the_session(scheduler):
    def main():
        try:
            for i in range(2):
                ask(session, f"main {i}")
        except Closed:
            return

    main_first(scheduler, main, lambda: end_of(session))
    session = System(scheduler, echo).session()


class FakeReader:
    """A channel to read from, which opens at once."""

    def __init__(self, end, channel):
        self.number = channel["channel"]

    def forked(self):
        pass

    abandoned = leave = forked


def a_channel_that_an_answer_names(scheduler):
    def follow(system, message):
        if message.get("method") == "pipe/follow":
            system.tell({"id": message["id"], "result": {"channel": {"channel": 7, "path": "", "inode": ""}}})
        else:
            echo(system, message)

    def main():
        session.wait(end.follow(pack({}), None))
        expect(end.reader is not None and end.reader.number == 7, "the answer has come, and the channel is not there")

    pipe_end.Reader = FakeReader
    main_first(scheduler, main)
    session = System(scheduler, follow, prompt=True).session()
    end = pipe_end.end_of(session, "pipe:1")
    session.listen()
    scheduler.handler = lambda: ask(session, "handler")


class FakePool:
    _context = None
    _handle = "pool:1"
    _processes = 1
    _grace_ms = None
    _timing = _queues = None

    def __init__(self, session):
        self._session = session
        self._jobs = set()
        self._submitting = None


def twice(value):
    return 2 * value


def work(system, message):
    """A server that runs tasks at once. Every value is 7."""
    if message.get("method") == "job/submit":
        system.tell({"id": message["id"], "result": None})
        entries = [
            {"index": task["index"], "count": task["count"], "values": pack([7] * task["count"]), "pid": 1, "ms": 1.0}
            for task in message["params"]["tasks"]
        ]
        for entry in entries:
            system.tell({"method": "job/results", "params": {"job": message["params"]["job"], "results": [entry]}})
    elif "id" in message:
        system.tell({"id": message["id"], "result": None})


def submit(pool, job, callback=None):
    result = ApplyResult(pool, callback, None)
    job.submit_one(twice, ((1,), {}), result)
    return result


def calls_of_threads(scheduler):
    def body():
        for _ in range(2):
            value = submit(pool, job).get()
            expect(value == 7, f"a result that is {value}")

    def main():
        body()
        scheduler.block(lambda: scheduler.workers[1].over)
        # The server's answers to what was submitted.
        session.request("test/echo", {})
        expect(not job._results and not session.jobs, "the job is over, and is kept")

    main_first(scheduler, main, body)
    session = System(scheduler, work, prompt=True).session()
    pool = FakePool(session)
    job = PoolJob(pool, twice, "apply", None)
    scheduler.handler = lambda: session.request("test/echo", {})


def a_call_with_a_callback(scheduler):
    def main():
        result = submit(pool, job, called.append)
        scheduler.block(lambda: called)
        expect(result.get() == 7, "the result")
        expect(called == [7], f"called with {called}")

    called = []
    main_first(scheduler, main)
    session = System(scheduler, work, prompt=True).session()
    session.listen()
    pool = FakePool(session)
    job = PoolJob(pool, twice, "apply", None)
    scheduler.handler = lambda: session.request("test/echo", {})


def _shared_iterator(kind):
    def scenario(scheduler):
        def body():
            for value in results:
                taken.append(value)

        def main():
            body()
            scheduler.block(lambda: scheduler.workers[1].over)
            expect(taken == [7, 7], f"taken: {taken}")

        taken = []
        main_first(scheduler, main, body)
        session = System(scheduler, work, prompt=True).session()
        results = kind(FakePool(session), twice, range(2), 1)
        scheduler.handler = lambda: session.request("test/echo", {})

    scenario.__name__ = f"threads_that_share_{kind.__name__}"
    return scenario


def a_call_at_the_end_of_the_session(scheduler):
    def main():
        try:
            result = submit(pool, job)
            result.get()
        except Closed:
            return

    main_first(scheduler, main, lambda: end_of(session))
    session = System(scheduler, work, prompt=True).session()
    pool = FakePool(session)
    job = PoolJob(pool, twice, "apply", None)


def refuse(system, message):
    """A server that has no such pool."""
    if "id" not in message:
        return
    if message["method"].startswith("job/"):
        error = {"code": -32001, "message": "there is no pool:1", "data": {"name": "UnknownHandle"}}
        system.tell({"id": message["id"], "error": error})
    else:
        system.tell({"id": message["id"], "result": None})


def _refused_iterator(kind):
    def scenario(scheduler):
        def main():
            try:
                list(kind(FakePool(session), twice, range(2), 1))
            except PolyprocError as error:
                expect("there is no pool:1" in str(error), f"it failed with {error}")
            else:
                expect(False, "it did not fail")
            session.request("test/echo", {})

        main_first(scheduler, main)
        session = System(scheduler, refuse, prompt=True).session()
        session.listen()
        scheduler.handler = lambda: session.request("test/echo", {})

    scenario.__name__ = f"the_refusal_of_{kind.__name__}"
    return scenario


SCENARIOS = [
    requests_of_threads,
    requests_while_another_thread_listens,
    a_handler_sets_what_is_waited_for,
    a_handler_raises,
    a_handler_sends_in_the_middle_of_a_send,
    references_that_come_and_go,
    the_end_of_the_session,
    a_channel_that_an_answer_names,
    calls_of_threads,
    a_call_with_a_callback,
    _shared_iterator(IMapIterator),
    _shared_iterator(IMapUnorderedIterator),
    _refused_iterator(IMapIterator),
    _refused_iterator(IMapUnorderedIterator),
    a_call_at_the_end_of_the_session,
]
