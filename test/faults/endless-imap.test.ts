import assert from "node:assert/strict";
import { test } from "node:test";
import { task, type ImapIterator } from "polyproc";
import { waitFor, within } from "../deadline.js";
import { setStage, type Stage } from "./stage.js";
import * as tasks from "./tasks.js";

const meta = { url: new URL("./tasks.js", import.meta.url).href };
const complement = task(meta, tasks.complement);

const itemBytes = 128 * 1024;
const processes = 2;
/** The default look-ahead, for short tasks: 32 chunks for each worker. */
const defaultLookAhead = 32 * processes;
/** Growth that is no growth: the collector's moods. The items that pass through come to six times this. */
const allowedGrowth = 64 * 1024 * 1024;
const rounds = 3000;

interface Inputs {
  pulled: number;
  returned: boolean;
}

function* endless(inputs: Inputs): Generator<Uint8Array> {
  try {
    for (;;) yield new Uint8Array(itemBytes).fill(inputs.pulled++ & 0xff);
  } finally {
    inputs.returned = true;
  }
}

async function* endlessLater(inputs: Inputs): AsyncGenerator<Uint8Array> {
  for (const item of endless(inputs)) yield await Promise.resolve(item);
}

interface Memory {
  client: number;
  server: number;
  workers: number;
}

async function memory(stage: Stage): Promise<Memory> {
  const workers = new Set((await stage.living()).map(({ process }) => process));
  const usage = (await stage.usage()).filter(({ process }) => workers.has(process));
  assert.equal(usage.length, processes);
  return {
    client: process.memoryUsage.rss(),
    server: (await stage.status()).rssBytes,
    workers: usage.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0),
  };
}

/**
 * Resolves when no more inputs are pulled: the same number was seen in `times` looks in a row, in each of which the
 * server answered.
 */
async function restOf(inputs: Inputs, stage: Stage, times = 20): Promise<number> {
  let seen = -1;
  let same = 0;
  await waitFor(
    async () => {
      await stage.status();
      same = inputs.pulled === seen ? same + 1 : 0;
      seen = inputs.pulled;
      return same >= times;
    },
    { what: "the end of the pulling" },
  );
  return seen;
}

for (const [name, inputsOf, run, options, lookAhead] of [
  ["imap over an endless generator", endless, "imap", {}, defaultLookAhead],
  [
    "imapUnordered over an endless asynchronous generator, with a look-ahead of 4",
    endlessLater,
    "imapUnordered",
    { lookAhead: 4 },
    4,
  ],
] as const) {
  test(`${name} reads inputs only as results are read, and no process's memory grows`, async (t) => {
    const stage = await setStage(t);
    const pool = new stage.mp.Pool(processes);
    const inputs: Inputs = { pulled: 0, returned: false };
    const results: ImapIterator<Uint8Array> = pool[run](complement, inputsOf(inputs), options);

    let read = 0;
    const readSome = async (count: number) => {
      for (let i = 0; i < count; i++) {
        const { value, done } = await within(results.next(), `result ${read}`);
        assert.ok(!done && value.length === itemBytes);
        if (run === "imap") assert.equal(value[0], (read & 0xff) ^ 0xff);
        read++;
        assert.ok(inputs.pulled - read <= lookAhead, `${inputs.pulled} inputs were pulled for ${read} results`);
      }
    };

    // No reader: no further input is read.
    assert.ok((await restOf(inputs, stage)) <= lookAhead);
    for (let pause = 0; pause < 3; pause++) {
      await readSome(1);
      assert.ok((await restOf(inputs, stage)) - read <= lookAhead);
    }
    await readSome(300);
    const before = await memory(stage);
    await readSome(rounds);
    // The collector comes at some time, if there is something to do.
    let after = before;
    await waitFor(
      async () => {
        await readSome(20);
        after = await memory(stage);
        return (["client", "server", "workers"] as const).every((who) => after[who] - before[who] < allowedGrowth);
      },
      { what: "processes that have hardly grown" },
    ).catch(() => assert.fail(`bytes before: ${JSON.stringify(before)}, after: ${JSON.stringify(after)}`));

    await results.return();
    assert.equal(inputs.returned, true);
    const { done } = await results.next();
    assert.equal(done, true);
  });
}

test("leaving the loop cancels pending items, closes the generator and leaves the pool usable", async (t) => {
  const stage = await setStage(t);
  const pool = new stage.mp.Pool(processes);
  const inputs: Inputs = { pulled: 0, returned: false };
  let read = 0;
  for await (const value of pool.imap(complement, endless(inputs), { chunkSize: 5, lookAhead: 20 })) {
    assert.equal(value.length, itemBytes);
    if (++read === 50) break;
  }
  assert.equal(inputs.returned, true);
  assert.ok(inputs.pulled <= 50 + 20, `${inputs.pulled} inputs were pulled`);
  await waitFor(
    async () => {
      const { pools } = await stage.watcher.connection.request("pool/list", {});
      return pools[0]!.busy === 0 && pools[0]!.queued === 0;
    },
    { what: "an idle pool" },
  );
  assert.equal((await pool.apply(complement, [new Uint8Array(3)])).length, 3);
});
