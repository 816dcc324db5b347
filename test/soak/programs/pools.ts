import { join } from "node:path";
import { Lock, Pool, Process, Queue, task, type Task } from "polyproc";
import { root } from "../../fixture.js";
import { spread, work, workGuarded, type Item } from "./tasks.js";
import { writeError, type Work, type Workload } from "./workload.js";

const inPython = { module: join(root, "test", "soak", "python", "soak_tasks.py"), export: "work" } as unknown as Task<
  [Item],
  string
>;
const at = { url: new URL("./tasks.js", import.meta.url).href };

/** Calls a pool in all its ways, one after another; each item names itself, so that results can be told apart. */
export const pool: Workload = async ({ params, log, random, goesOn }) => {
  const retries = params["retries"] as number;
  await using shared = new Pool(params["processes"] as number, {
    maxTasksPerChild: params["maxTasksPerChild"] as number | undefined,
  });
  for (let call = 0; goesOn(); call++) {
    const items = makeItems({ params, random }, call, random.int(1, 40));
    const way = random.pick(["map", "chunked", "apply", "starmap", "unordered", "imap"] as const);
    log.write("call", { call, way, items: items.length, retries });
    const options = { retries, returnExceptions: true } as const;
    // A Python function in the same pool, now and then.
    const target = random.chance(0.25) ? inPython : task(at, work);
    try {
      let results: unknown[];
      if (way === "map") results = await shared.map(target, items, options);
      else if (way === "chunked")
        results = await shared.map(target, items, { ...options, chunkSize: random.int(1, 20) });
      else if (way === "starmap")
        results = await shared.starmap(
          target,
          items.map((item): [Item] => [item]),
          options,
        );
      else if (way === "apply")
        results = await Promise.all(
          items.map((item) =>
            shared
              .applyAsync(target, [item], { retries })
              .get()
              .catch((error: unknown) => error),
          ),
        );
      else if (way === "imap")
        results = await collect(shared.imap(target, items, { ...options, chunkSize: random.int(1, 3) }));
      else results = await collect(shared.imapUnordered(target, items, options));
      writeResults(log, call, results, way === "unordered");
    } catch (error) {
      writeError(log, way, error);
    }
  }
  await shared.close();
  await shared.join();
};

/** Tasks that hold one lock, one after another. */
export const guarded: Workload = async ({ params, log, random, goesOn }) => {
  const name = params["name"] as string;
  const lock = new Lock({ name });
  await using shared = new Pool(params["processes"] as number);
  for (let call = 0; goesOn(); call++) {
    const items = makeItems({ params, random }, call, random.int(1, 20), 3);
    log.write("call", { call, way: "guarded", items: items.length, retries: 0 });
    try {
      const options = { returnExceptions: true, chunkSize: random.int(1, 5) } as const;
      const results = await shared.starmap(
        task(at, workGuarded),
        items.map((item) => [item, lock, params["folder"] as string, name] as [Item, Lock, string, string]),
        options,
      );
      writeResults(log, call, results, false);
    } catch (error) {
      writeError(log, "guarded", error);
    }
  }
};

/** Streams a long list, slowly read. */
export const imap: Workload = async ({ params, log, random, goesOn }) => {
  await using shared = new Pool(params["processes"] as number);
  for (let call = 0; goesOn(); call++) {
    const items = makeItems({ params, random }, call, random.int(50, 400), 1);
    log.write("call", { call, way: "imap", items: items.length, retries: params["retries"] });
    try {
      const results: unknown[] = [];
      for await (const result of shared.imap(task(at, work), items, {
        retries: params["retries"] as number,
        returnExceptions: true,
        chunkSize: random.int(1, 10),
      }))
        results.push(result);
      writeResults(log, call, results, false);
    } catch (error) {
      writeError(log, "imap", error);
    }
  }
};

/** Children that have pools. Those of a pool are daemonic, and may not. */
export const nested: Workload = async ({ params, log, random, goesOn }) => {
  for (let call = 0; goesOn(); call++) {
    const items = makeItems({ params, random }, call, 12, 2);
    log.write("call", { call, way: "nested", items: items.length, retries: 0 });
    const results = new Queue<string[]>();
    const children = [0, 4, 8].map(
      (from) => new Process({ target: task(at, spread), args: [items.slice(from, from + 4), results] }),
    );
    try {
      for (const child of children) await child.start();
      for (const child of children) await child.join();
      const codes = children.map(({ exitCode }) => exitCode);
      const parts = await Promise.all(codes.filter((code) => code === 0).map(() => results.getNowait()));
      if (parts.length === children.length) writeResults(log, call, parts.flat(), true);
      else log.write("ended", { exitCodes: codes });
    } catch (error) {
      writeError(log, "nested", error);
    }
  }
};

async function collect(results: AsyncIterable<unknown>): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const result of results) all.push(result);
  return all;
}

function makeItems(
  { params, random }: Pick<Work, "params" | "random">,
  call: number,
  count: number,
  longestMs = 15,
): Item[] {
  return Array.from({ length: count }, (_, number) => ({
    log: params.log,
    call,
    number,
    ms: random.chance(0.5) ? 0 : random.int(0, longestMs),
    bytes: random.chance(0.03) ? random.int(0, 300_000) : random.int(0, 100),
    lines: random.chance(0.1) ? random.int(0, 20) : 0,
  }));
}

/** One line for the call: what each item gave, by name, `!Error` for a failure. */
function writeResults(log: Work["log"], call: number, results: unknown[], unordered: boolean): void {
  const told = results.map((result) =>
    typeof result === "string" ? result.replace(/^r*/, "") : `!${(result as Error).name}`,
  );
  log.write("results", { call, unordered, results: told });
}
