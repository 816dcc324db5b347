import { Event, Pool, Semaphore, task } from "polyproc";
import { defaultConnection } from "../bindings/typescript/session/default-connection.js";
import * as work from "./work.js";

export interface Memory {
  resident: { when: string; bytes: number }[];
  scaling: { tasks: number; microseconds: number }[];
}

const meta = { url: new URL("./work.js", import.meta.url).href };

/** The server's report about itself. */
export function serverStatus() {
  return defaultConnection().request("server/status", undefined);
}

/** Measures the server's memory while many tasks wait, and the time of a task as more of them wait. */
export async function measureMemory(): Promise<Memory> {
  const resident: Memory["resident"] = [];
  const note = async (when: string) => resident.push({ when, bytes: (await serverStatus()).rssBytes });
  await new Event().set();
  await note("idle");

  {
    await using pool = new Pool(2);
    const gate = new Event();
    const begun = new Semaphore(0);
    const held = [
      pool.apply(task(meta, work.waitFor), [gate, begun]),
      pool.apply(task(meta, work.waitFor), [gate, begun]),
    ];
    await begun.acquire();
    await begun.acquire();
    const queued = Promise.all(Array.from({ length: 100_000 }, (_, i) => pool.apply(task(meta, work.double), [i])));
    // Workers have prefetched some of them.
    while ((await defaultConnection().request("pool/status", { pool: pool.handle })).queued < 99_000)
      await new Promise((resolve) => setTimeout(resolve, 20));
    await note("with 100,000 queued tasks");
    await gate.set();
    await Promise.all(held);
    await queued;
  }

  {
    await using pool = new Pool(2);
    let passed = 0;
    for await (const _result of pool.imapUnordered(task(meta, work.double), numbers(1_000_000), { chunkSize: 100 })) {
      passed++;
      if (passed % 250_000 === 0) await note(`after ${passed.toLocaleString("en")} items of imapUnordered`);
    }
  }

  const scaling: Memory["scaling"] = [];
  await using pool = new Pool(2);
  for (const tasks of [1000, 10_000, 100_000, 1000, 10_000, 100_000]) {
    const began = performance.now();
    await Promise.all(Array.from({ length: tasks }, () => pool.apply(task(meta, work.noop))));
    scaling.push({ tasks, microseconds: ((performance.now() - began) * 1000) / tasks });
  }
  // Skip the first round of each size: it warms up.
  return { resident, scaling: scaling.slice(3) };
}

function* numbers(count: number): Iterable<number> {
  for (let i = 0; i < count; i++) yield i;
}
