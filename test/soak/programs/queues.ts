import { existsSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { Empty, Full, JoinableQueue, Queue } from "polyproc";
import type { Work, Workload } from "./workload.js";

/** What tells a consumer that loops to end. */
export const pill = "pill";

/**
 * Puts items into a queue that several fill, or takes them from one that several empty, until the producers have ended
 * and nothing is left.
 */
export const queue: Workload = async (work) => {
  const { params } = work;
  const options = { name: params["name"] as string, maxSize: params["maxSize"] as number };
  const shared = params["joinable"] ? new JoinableQueue<string>(options) : new Queue<string>(options);
  await (params["role"] === "producer" ? produce(work, shared) : consume(work, shared));
};

async function produce({ params, log, random, goesOn }: Work, shared: Queue<string>): Promise<void> {
  const padding = "x".repeat(params["itemBytes"] as number);
  for (let number = 0; goesOn(); number++) {
    const item = `${process.pid}.${number}`;
    // The last of its members is what is looked at.
    const sent = `${padding} ${item}`;
    try {
      const options = random.pick([{}, {}, { timeoutMs: random.int(0, 30) }, { block: false }]);
      const put = async () => {
        try {
          await shared.put(sent, options);
          return true;
        } catch (error) {
          if (error instanceof Full) return false;
          throw error;
        }
      };
      await log.timed("put", { item }, put, (stored) => ({ stored }));
    } finally {
      if (random.chance(0.05)) await delay(random.int(0, 5));
    }
  }
  if (params["joinable"] && params["joins"])
    await log.timed(
      "join",
      {},
      () =>
        (shared as JoinableQueue).join({ timeoutMs: 5000 }).then(
          () => true,
          () => false,
        ),
      (joined) => ({ joined }),
    );
}

async function consume({ params, log, random }: Work, shared: Queue<string>): Promise<void> {
  const ended = params["endedFile"] as string;
  const done = async () => {
    if (!params["joinable"]) return;
    await log.timed(
      "done",
      {},
      () => (shared as JoinableQueue).taskDone(),
      () => ({}),
    );
  };
  for (;;) {
    const noMore = existsSync(ended);
    if (params["loops"]) {
      // A loop borrows ahead. What it has borrowed goes back when it is left.
      for await (const sent of shared) {
        log.write("get", { item: itemOf(sent) });
        await done();
        if (sent === pill) return;
        if (random.chance(0.02)) break;
        if (random.chance(0.02)) await delay(random.int(0, 8));
      }
      continue;
    }
    const get = async () => {
      try {
        return itemOf(await shared.get({ timeoutMs: random.pick([0, 5, 100, 100]) }));
      } catch (error) {
        if (error instanceof Empty) return null;
        throw error;
      }
    };
    const item = await log.timed("get", {}, get, (taken) => ({ item: taken }));
    if (item !== null) await done();
    else if (noMore) return;
    else await delay(1);
  }
}

export function itemOf(sent: string): string {
  return sent.slice(sent.lastIndexOf(" ") + 1);
}
