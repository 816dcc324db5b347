import { setTimeout as delay } from "node:timers/promises";
import { Barrier, Condition, Event, Lock, Queue, Semaphore } from "polyproc";
import { enter, leave } from "./slots.js";
import { writeError, type Work, type Workload } from "./workload.js";

/** Acquires and releases a lock that others want, too. */
export const lock: Workload = (work) => exclude(work, new Lock({ name: work.params["name"] as string }), 1);

/** The same with a number of permits. */
export const semaphore: Workload = (work) => {
  const permits = work.params["permits"] as number;
  return exclude(work, new Semaphore(permits, { name: work.params["name"] as string }), permits);
};

async function exclude(
  { params, log, random, goesOn }: Work,
  shared: Lock | Semaphore,
  permits: number,
): Promise<void> {
  const folder = params["folder"] as string;
  while (goesOn()) {
    const options = random.pick([{}, {}, {}, { block: false }, { timeoutMs: random.int(0, 20) }]);
    const acquire = async () => ({ acquired: await shared.acquire(options), ownerDied: shared.ownerDied });
    const { acquired } = await log.timed("acquire", {}, acquire, (result) => result);
    if (!acquired) {
      await delay(random.int(0, 3));
      continue;
    }
    const slot = await enter(log, folder, params["name"] as string, permits);
    if (random.chance(0.5)) await delay(random.int(0, 4));
    leave(slot);
    await log.timed(
      "release",
      {},
      () => shared.release(),
      () => ({}),
    );
    if (random.chance(0.3)) await delay(random.int(0, 4));
  }
}

/**
 * Meets the other parties as often as it can. When one of them has gone, or never came, those that are left give up.
 */
export const barrier: Workload = async ({ params, log, goesOn }) => {
  const shared = new Barrier(params["parties"] as number, { name: params["name"] as string });
  try {
    for (let round = 0; goesOn(); round++)
      await log.timed(
        "wait",
        { round },
        () => shared.wait(10_000),
        (index) => ({ index }),
      );
  } catch (error) {
    writeError(log, "barrier", error);
  }
  // The others may have more rounds to go.
  await shared.abort();
};

/** Moves numbers through a buffer of one place, which a condition guards: even programs put, odd ones take. */
export const condition: Workload = async ({ params, log, random, goesOn }) => {
  const guarded = new Condition(new Lock({ name: params["name"] as string }), { name: params["name"] as string });
  const place = new Queue<string>({ name: params["name"] as string });
  const puts = params["role"] === "producer";
  while (goesOn()) {
    await guarded.use(async () => {
      const isReady = await guarded.waitFor(async () => (await place.empty()) === puts, random.int(5, 300));
      if (!isReady) return;
      if (puts) {
        const item = `${process.pid}.${random.bits()}`;
        log.write("put?", { item });
        await place.put(item);
        log.write("put", { item });
      } else log.write("get", { item: await place.get() });
      await guarded.notifyAll();
    });
  }
};

/** Sets and clears an event, or waits for it. */
export const event: Workload = async ({ params, log, random, goesOn }) => {
  const shared = new Event({ name: params["name"] as string });
  while (goesOn()) {
    const dice = random.int(1, 10);
    if (dice <= 3)
      await log.timed(
        "set",
        {},
        () => shared.set(),
        () => ({}),
      );
    else if (dice <= 5)
      await log.timed(
        "clear",
        {},
        () => shared.clear(),
        () => ({}),
      );
    else
      await log.timed(
        "wait",
        {},
        () => shared.wait(random.int(0, 50)),
        (set) => ({ set }),
      );
    await delay(random.int(0, 5));
  }
};
