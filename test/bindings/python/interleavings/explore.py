"""
Explores the schedules of all scenarios: all with one change to the first one (another thread goes on at some point, or
the signal handler is called), then, as long as there is time, some with two and three. A failure prints its schedule,
which POLYPROC_SCHEDULE runs again.

POLYPROC_EXPLORE_SECONDS: how long, in all (default 40). POLYPROC_EXPLORE_SEED. POLYPROC_EXPLORE_BYTECODE=1: points
between all bytecodes.
"""

import gc
import os
import random
import sys
import time

from scenarios import SCENARIOS
from scheduler import Failure, Scheduler

# Schedules between two collections of garbage. None is made during a schedule: a finalizer that it calls would be
# another point in each run, and may come while the scheduler starts a thread.
COLLECT_EVERY = 20

EVERY_BYTECODE = os.environ.get("POLYPROC_EXPLORE_BYTECODE") == "1"


def run(scenario, plan):
    """The scheduler, after the run."""
    scheduler = Scheduler(plan, EVERY_BYTECODE)
    scenario(scheduler)
    scheduler.run()
    return scheduler


def written(scenario, plan):
    return f"{scenario.__name__}:" + ",".join(f"{index}={action}" for index, action in sorted(plan.items()))


def read(text):
    name, _, actions = text.partition(":")
    scenario = next(one for one in SCENARIOS if one.__name__ == name)
    pairs = [action.split("=") for action in actions.split(",") if action]
    return scenario, {int(index): action if action == "handler" else int(action) for index, action in pairs}


def actions_at(options):
    others, can_handle = options
    return [*others, *(["handler"] if can_handle else [])]


class Exploration:
    def __init__(self, scenario, chance):
        self.scenario, self.chance = scenario, chance
        self.runs = 0

    def run(self, plan):
        self.runs += 1
        if self.runs % COLLECT_EVERY == 0:
            gc.collect()
        try:
            return run(self.scenario, plan)
        except Failure as failure:
            print(f"POLYPROC_SCHEDULE={written(self.scenario, plan)}\n{failure}", file=sys.stderr)
            sys.exit(1)

    def explore(self, deadline):
        """Whether all schedules with one change were run."""
        first = self.run({})
        singles = [{index: action} for index, options in enumerate(first.options) for action in actions_at(options)]
        self.chance.shuffle(singles)
        for done, plan in enumerate(singles):
            if time.monotonic() > deadline:
                return False
            self.run(plan)
        while time.monotonic() < deadline:
            plan = dict(self.chance.choice(singles)) if singles else {}
            for _ in range(self.chance.choice((1, 1, 2))):
                seen = self.run(plan)
                after = [
                    index for index in range(max(plan, default=-1) + 1, seen.points) if actions_at(seen.options[index])
                ]
                if not after:
                    break
                # Mostly soon after the one before: what follows from it is still under way.
                index = self.chance.choice(after[:60] if self.chance.random() < 0.7 else after)
                plan[index] = self.chance.choice(actions_at(seen.options[index]))
            self.run(plan)
        return True


def main():
    gc.disable()
    gc.freeze()
    schedule = os.environ.get("POLYPROC_SCHEDULE")
    if schedule:
        scenario, plan = read(schedule)
        scheduler = Scheduler(plan, EVERY_BYTECODE)
        scenario(scheduler)
        try:
            scheduler.run()
        finally:
            print("\n".join(scheduler.trail), file=sys.stderr)
        print("OK", file=sys.stderr)
        return
    seconds = float(os.environ.get("POLYPROC_EXPLORE_SECONDS", "40"))
    seed = int(os.environ.get("POLYPROC_EXPLORE_SEED", "1"))
    names = sys.argv[1:]
    chosen = [one for one in SCENARIOS if not names or one.__name__ in names]
    begin = time.monotonic()
    for number, scenario in enumerate(chosen):
        # Each has its share of what is left.
        left = begin + seconds - time.monotonic()
        exploration = Exploration(scenario, random.Random(seed))
        whole = exploration.explore(time.monotonic() + max(0.5, left / (len(chosen) - number)))
        print(f"{scenario.__name__}: {exploration.runs} schedules{'' if whole else ', not all with one change'}")
    print("OK", file=sys.stderr)


main()
# Threads of scenarios may be left.
sys.stdout.flush()
os._exit(0)
