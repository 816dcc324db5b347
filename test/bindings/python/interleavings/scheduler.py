"""
Runs a scenario under one schedule: of its threads one runs at a time, and between any two lines (in some modules: any
two bytecodes) of the binding the schedule says which. There it can also call a signal handler, or a finalizer, in the
thread that runs.
"""

import ast
import os
import sys
import threading
from _thread import allocate_lock, get_ident

import polyproc

PACKAGE = os.path.dirname(os.path.abspath(polyproc.__file__))
# Where several threads change the same objects by single statements.
BY_BYTECODE = frozenset(("pool_job.py", "results.py", "imap.py", "answer.py"))
# What they do concerns one thread alone.
LONELY = frozenset(
    (
        "msgpack.py",
        "payload.py",
        "rope.py",
        "messages.py",
        "failure.py",
        "prepare.py",
        "pool_calls.py",
        "process.py",
        "_shared.py",
        "params.py",
        "_errors.py",
    )
)
# A schedule has no more points than this, unless something spins.
MOST_POINTS = 60_000


class Stuck(BaseException):
    """
    Ends a thread of a scenario that is over, at its next wait. Between two lines it is not raised: there it could come
    into a finalizer, which ignores it and goes on, and CPython may crash when tracing ends so.
    """


class Failure(Exception):
    pass


class Worker:
    """A thread of a scenario."""

    def __init__(self, name, target):
        self.name, self.target = name, target
        self.gate = allocate_lock()
        self.gate.acquire()
        self.thread = None
        # What it waits for: a function; and until when.
        self.until = self.deadline = None
        self.over = False
        self.error = None
        # One that serves the others: the scenario ends without it.
        self.serves = False


class Scheduler:
    """
    `plan`: what to do at the points that are not left alone: the number of another thread that goes on, or "handler".
    """

    def __init__(self, plan, every_bytecode=False):
        self.plan = plan
        self.every_bytecode = every_bytecode
        self.workers = []
        self.current = None
        self.points = 0
        # For each point: which threads could have gone on, and whether the handler could have been called.
        self.options = []
        self.trail = []
        self.now = 0.0
        self.handler = None
        # In what stands in for the system: it uses the binding's own codec.
        self.quiet = False
        self.failure = None
        self.ended = allocate_lock()
        self.ended.acquire()
        self._by_ident = {}

    # For scenarios and for what stands in for the system.

    def spawn(self, name, target, serves=False):
        worker = Worker(name, target)
        worker.serves = serves
        self.workers.append(worker)
        worker.thread = threading.Thread(target=self._run, args=(worker,), daemon=True)
        worker.thread.start()
        return worker

    def me(self):
        return self._by_ident.get(get_ident())

    def block(self, until, deadline=None):
        """Waits until `until()` or the deadline, and returns `until()`. The handler may be called during the wait."""
        me = self.me()
        if me is None:
            raise RuntimeError("a thread that is no part of the scenario")
        self._end_if_over()
        while not until():
            self.point(where="wait")
            self._end_if_over()
            if until():
                break
            if deadline is not None and self.now >= deadline:
                return False
            me.until, me.deadline = until, deadline
            self._pass_on(me)
            self._end_if_over()
            me.until = me.deadline = None
        return True

    def point(self, where=None, may_raise=True):
        """Between two steps of the thread that runs."""
        if self.quiet or self.failure is not None:
            return
        me = self.me()
        index, self.points = self.points, self.points + 1
        if index >= MOST_POINTS:
            self._fail(f"nothing comes of it after {MOST_POINTS} steps: something spins")
        can_handle = me is self.workers[0] and self.handler is not None and may_raise
        self.options.append(
            ([n for n, one in enumerate(self.workers) if one is not me and self._can_run(one)], can_handle)
        )
        action = self.plan.get(index)
        if action is None:
            return
        if action == "handler":
            if can_handle:
                handler, self.handler = self.handler, None
                self.trail.append(f"{index}: handler in {me.name} at {where}")
                handler()
        elif action < len(self.workers) and self.workers[action] is not me and self._can_run(self.workers[action]):
            self.trail.append(f"{index}: from {me.name} at {where} to {self.workers[action].name}")
            self._switch(me, self.workers[action])

    def give_way(self):
        """To another thread that can run, if there is one."""
        self._end_if_over()
        me = self.me()
        for other in self.workers:
            if other is not me and self._can_run(other):
                self._switch(me, other)
                self._end_if_over()
                return

    # The turns.

    def _can_run(self, worker):
        return not worker.over and (worker.until is None or worker.until())

    def _switch(self, me, other):
        self.current = other
        other.gate.release()
        me.gate.acquire()

    def _end_if_over(self):
        if self.failure is not None:
            raise Stuck

    def _pass_on(self, me):
        """`me` waits. Another one goes on; when all wait, time passes."""
        while True:
            for other in self.workers:
                if self._can_run(other):
                    if other is not me:
                        self._switch(me, other)
                    return
            waiting = [one for one in self.workers if not one.over and one.deadline is not None]
            if not waiting:
                self._fail("all wait for ever: " + "; ".join(f"{one.name}" for one in self.workers if not one.over))
            first = min(waiting, key=lambda one: one.deadline)
            self.now = max(self.now, first.deadline)
            if first is me:
                return
            self._switch(me, first)
            return

    def _fail(self, why):
        if self.failure is None:
            self.failure = why + self._stacks()
        for worker in self.workers:
            try:
                worker.gate.release()
            except RuntimeError:
                pass
        self.ended.release() if self.ended.locked() else None
        raise Stuck

    def _stacks(self):
        import traceback

        frames, lines = sys._current_frames(), []
        for ident, worker in self._by_ident.items():
            if not worker.over and ident in frames:
                lines.append(f"\n-- {worker.name}\n")
                lines += [
                    line
                    for line in traceback.format_stack(frames[ident])
                    if "interleavings" not in line or "scenarios" in line
                ]
        return "".join(lines)

    def _run(self, worker):
        worker.gate.acquire()
        self._by_ident[get_ident()] = worker
        try:
            if self.failure is None:
                sys.settrace(self._trace)
                try:
                    worker.target()
                finally:
                    sys.settrace(None)
        except Stuck:
            return
        except BaseException as error:
            import traceback

            worker.error = "".join(traceback.format_exception(type(error), error, error.__traceback__))
        worker.over = True
        if self.failure is not None:
            return
        if all(one.over or one.serves for one in self.workers):
            self.ended.release()
            return
        for other in self.workers:
            if self._can_run(other):
                self.current = other
                other.gate.release()
                return
        waiting = [one for one in self.workers if not one.over and one.deadline is not None]
        if waiting:
            first = min(waiting, key=lambda one: one.deadline)
            self.now = max(self.now, first.deadline)
            first.gate.release()
            return
        try:
            self._fail("all wait for ever: " + "; ".join(one.name for one in self.workers if not one.over))
        except Stuck:
            pass

    def run(self):
        """Raises Failure."""
        self.current = self.workers[0]
        self.workers[0].gate.release()
        if not self.ended.acquire(True, 120):
            self.failure = "it takes too long"
        errors = [f"{one.name}: {one.error}" for one in self.workers if one.error]
        if self.failure is None:
            # The threads that serve.
            self.failure = ""
            for one in self.workers:
                if not one.over:
                    try:
                        one.gate.release()
                    except RuntimeError:
                        pass
                    # It must not run beside the next schedule, which replaces what the modules use.
                    one.thread.join(120)
        if self.failure or errors:
            raise Failure("\n".join(filter(None, [self.failure, *errors])))

    # Points.

    def _trace(self, frame, event, arg):
        name = frame.f_code.co_filename
        if not name.startswith(PACKAGE) or os.path.basename(name) in LONELY:
            return None
        if self.every_bytecode or os.path.basename(name) in BY_BYTECODE:
            frame.f_trace_opcodes = True
        return self._trace_in

    def _trace_in(self, frame, event, arg):
        if event == "line" or event == "opcode":
            code = frame.f_code
            line = frame.f_lineno
            self.point(
                f"{os.path.basename(code.co_filename)}:{line} {event}",
                (code.co_filename, line) not in _unbroken_lines(code.co_filename),
            )
        return self._trace_in


_known = {}


def _unbroken_lines(path):
    """
    First lines of `finally` and `except` blocks, and `with` statements, which are left on that line: CPython looks for
    signals at calls and backward jumps, so none comes between the block before and these.
    """
    lines = _known.get(path)
    if lines is None:
        with open(path, encoding="utf-8") as source:
            tree = ast.parse(source.read())
        lines = _known[path] = {
            (path, node.finalbody[0].lineno) for node in ast.walk(tree) if isinstance(node, ast.Try) and node.finalbody
        }
        lines |= {(path, node.lineno) for node in ast.walk(tree) if isinstance(node, ast.With)}
        lines |= {
            (path, node.handlers[0].body[0].lineno)
            for node in ast.walk(tree)
            if isinstance(node, ast.Try) and node.handlers
        }
    return lines
