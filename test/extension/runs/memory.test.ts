import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { waitFor, within } from "../../deadline.js";
import { fixture } from "../../fixture.js";
import { startUnixServer } from "../../server/server-process.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { bigRun, writeBigModule } from "./big-run.js";
import { openWindow } from "./real-server.js";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const mib = 1024 * 1024;
const runCount = 6;
const itemCount = 2000;
/** A run takes some 3 MiB in the window. */
const maxEndedBytes = 8 * mib;

/** Memory in use, in MiB. */
function used(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / mib;
}

test("the window keeps the newest of the ended runs, within its bound, until all are cleared", async (t) => {
  const module = join(temporaryFolder(t), "m.mjs");
  writeFileSync(module, 'export const work = (path) => path + "x".repeat(1000);\n');
  const { path } = await startUnixServer(t);
  const { runs, model, rpc } = await openWindow(t, path, maxEndedBytes);
  const before = used();
  for (let n = 0; n < runCount; n++) {
    const run = await runs.start({
      name: `run ${n}`,
      target: { module, export: "work" },
      items: Array.from({ length: itemCount }, (_, index) => {
        const file = `/workspace/run-${n}/file-${index}.txt`;
        return { value: file, label: `file-${index}.txt`, file };
      }),
      options: { processes: 2, chunkSize: 100 },
      origin: "command",
    });
    await within(run.whenEnded, "the run's end");
  }
  await waitFor(() => model.runs.size === runCount, { what: "the news of all runs" });
  const names = runs.all.map(({ request }) => request.name);
  assert.deepEqual(names, [`run ${runCount - 2}`, `run ${runCount - 1}`]);
  await waitFor(() => used() - before < 25, { what: "the memory of the others to be free" });

  const second = await openWindow(t, path, maxEndedBytes);
  await waitFor(() => second.runs.all.length >= 2, { what: "the newest runs" });
  await waitFor(() => second.runs.all.every(({ ended }) => ended), { what: "their results" });
  assert.ok(second.runs.all.length < runCount);
  assert.equal(second.runs.all.at(-1)!.request.name, `run ${runCount - 1}`);
  await second.close();

  await runs.forgetEnded();
  assert.deepEqual(runs.all, []);
  assert.deepEqual((await rpc.request("run/list", {})).runs, [], "the server has forgotten the others, too");
  await waitFor(() => model.runs.size === 0, { what: "the news that they are gone" });
});

test("20 runs of 10,000 items: window and server retain less than 100 MiB each, and no forgotten run", async (t) => {
  const module = writeBigModule(temporaryFolder(t));
  const teller = fixture("tell-memory.cjs");
  const {
    path,
    process: server,
    stderr,
  } = await startUnixServer(t, [], {
    env: { NODE_OPTIONS: `--require=${teller}` },
  });
  const ofServer = async () => {
    const told = () => [...stderr().matchAll(/^retained: (\d+)$/gm)];
    const count = told().length;
    server.kill("SIGUSR2");
    const answers = await waitFor(() => told().length > count && told(), { what: "the server's memory" });
    return Number(answers.at(-1)![1]) / mib;
  };
  const { runs, rpc } = await openWindow(t, path);
  const before = { window: used(), server: await ofServer() };
  for (let n = 0; n < 20; n++) {
    const run = await runs.start(bigRun(module, `big-${n}`));
    await within(run.whenEnded, "the run's end");
  }
  const keeps = async () => ({ window: used() - before.window, server: (await ofServer()) - before.server });
  let kept = await keeps();
  const isWithin = () => kept.window < 100 && kept.server < 100;
  // On a busy machine some messages are still on their way.
  await waitFor(async () => isWithin() || ((kept = await keeps()), isWithin()), {
    what: "memory of less than 100 MiB each",
    intervalMs: 100,
  }).catch((error: unknown) => assert.fail(`${String(error)}: ${JSON.stringify(kept)}`));
  t.diagnostic(`window ${kept.window.toFixed(0)} MiB, server ${kept.server.toFixed(0)} MiB`);
  const { runs: left } = await rpc.request("run/list", {});
  assert.ok(runs.all.length < 20 && left.length < 20, "the oldest have made way");
  await runs.forgetEnded();
  await waitFor(async () => used() - before.window < 20 && (await ofServer()) - before.server < 20, {
    what: "the memory of forgotten runs to be free",
    intervalMs: 100,
  });
});
