import { Lock, Pipe, Pool, Process, Queue, task } from "polyproc";
import { processes, seconds, type Contender } from "./contender.js";
import { serverStatus } from "./memory.js";
import * as work from "./work.js";

const name = "polyproc";
const meta = { url: new URL("./work.js", import.meta.url).href };
const noop = task(meta, work.noop);

async function warmPool(): Promise<Pool> {
  const pool = new Pool(processes);
  await pool.map(
    noop as never,
    Array.from({ length: processes * 4 }, (_, i) => i),
    { chunkSize: 1 },
  );
  return pool;
}

async function endPool(pool: Pool): Promise<void> {
  await pool.terminate();
}

export async function noopAtOnce(count: number): Promise<Contender> {
  const pool = await warmPool();
  return {
    name,
    measure: () => seconds(() => Promise.all(Array.from({ length: count }, () => pool.apply(noop)))),
    close: () => endPool(pool),
  };
}

export async function noopOneByOne(count: number): Promise<Contender> {
  const pool = await warmPool();
  return {
    name,
    measure: () =>
      seconds(async () => {
        for (let i = 0; i < count; i++) await pool.apply(noop);
      }),
    close: () => endPool(pool),
  };
}

export async function mapNumbers(count: number): Promise<Contender> {
  const pool = await warmPool();
  const numbers = Array.from({ length: count }, (_, i) => i);
  return { name, measure: () => seconds(() => pool.map(task(meta, work.double), numbers)), close: () => endPool(pool) };
}

export async function megabyte(count: number): Promise<Contender> {
  const pool = await warmPool();
  const data = new Uint8Array(1024 * 1024);
  const size = task(meta, work.size);
  return {
    name,
    measure: () => seconds(() => Promise.all(Array.from({ length: count }, () => pool.apply(size, [data])))),
    close: () => endPool(pool),
  };
}

export async function megabyteResult(count: number): Promise<Contender> {
  const pool = await warmPool();
  const make = task(meta, work.make);
  return {
    name,
    measure: () => seconds(() => Promise.all(Array.from({ length: count }, () => pool.apply(make, [1024 * 1024])))),
    close: () => endPool(pool),
  };
}

export async function queueItems(count: number): Promise<Contender> {
  return {
    name,
    measure: async () => {
      const queue = new Queue<number>();
      const ends = [
        new Process({ target: task(meta, work.produce), args: [queue, count] }),
        new Process({ target: task(meta, work.consume), args: [queue, count] }),
      ];
      return seconds(async () => {
        await Promise.all(ends.map((end) => end.start()));
        await Promise.all(ends.map((end) => end.join()));
      });
    },
    close: async () => {},
  };
}

export async function pipeRoundTrip(count: number): Promise<Contender> {
  const [here, there] = Pipe<number | null>();
  const process = new Process({ target: task(meta, work.echo), args: [there] });
  await process.start();
  await here.send(0);
  await here.recv();
  return {
    name,
    measure: () =>
      seconds(async () => {
        for (let i = 0; i < count; i++) {
          await here.send(i);
          await here.recv();
        }
      }),
    close: async () => {
      await here.send(null);
      await process.join();
    },
  };
}

export async function lockUnlock(count: number): Promise<Contender> {
  const lock = new Lock();
  await lock.acquire();
  await lock.release();
  return {
    name,
    measure: () =>
      seconds(async () => {
        for (let i = 0; i < count; i++) {
          await lock.acquire();
          await lock.release();
        }
      }),
    close: async () => {},
  };
}

export async function useSync(count: number): Promise<Contender> {
  const lock = new Lock();
  for (let i = 0; i < 3; i++) await lock.use(() => {});
  return {
    name,
    measure: () =>
      seconds(async () => {
        for (let i = 0; i < count; i++) {
          const done = lock.useSync(() => i);
          if (typeof done !== "number") await done;
        }
      }),
    close: async () => {},
  };
}

/** Starts and joins processes one after another. A warm host is ready before each clock starts. */
export async function startJoin(count: number): Promise<Contender> {
  const target = task(meta, work.nothing);
  const once = async () => {
    const process = new Process({ target });
    await process.start();
    await process.join();
  };
  await once();
  return {
    name,
    measure: async () => {
      let sum = 0;
      for (let i = 0; i < count; i++) {
        await warmHost();
        sum += await seconds(once);
      }
      return sum;
    },
    close: async () => {},
  };
}

async function warmHost(): Promise<void> {
  const deadline = performance.now() + 10_000;
  for (;;) {
    const status = await serverStatus();
    if (status.warmHosts > 0 && performance.now() > warmSince + 150) return;
    if (performance.now() > deadline) throw new Error("no warm host came within 10 s");
    await new Promise((resolve) => setTimeout(resolve, 20));
    if (status.warmHosts === 0) warmSince = performance.now();
  }
}
let warmSince = 0;
