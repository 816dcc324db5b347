import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { waitFor, within } from "../deadline.js";
import { compiled } from "../fixture.js";
import { RawClient } from "../server/clients.js";
import { processorMs } from "../processor-time.js";
import { RunReader } from "./run-reader.js";
import { misdeeds } from "./scripts/hostile-host.js";
import { setStage, type Stage } from "./stage.js";

const host = compiled("test/faults/scripts/hostile-host");

/**
 * So long the server may work before another client has its answer, in milliseconds of its processor time. On the clock
 * it takes longer when the machine does other things.
 */
const answerMs = 1000;
/** Rows of the table that are tried at a time: most of them wait for a time limit. */
const concurrency = 6;

const target = (name: string) => ({ module: "/hostile.js", export: name, runtime: "hostile" });

describe("a worker host that", { concurrency }, () => {
  let stage: Stage;
  let other: RawClient;
  const cleanings: (() => void | Promise<void>)[] = [];

  before(async () => {
    stage = await setStage({ after: (clean) => void cleanings.push(clean) }, [
      "--warm-hosts",
      "0",
      "--runtime",
      `hostile=${process.execPath} ${host} host`,
    ]);
    other = await RawClient.open(stage.address.slice("unix:".length), "frames");
  });

  after(async () => {
    other.close();
    for (const clean of cleanings) await clean();
  });

  for (const name of Object.keys(misdeeds)) {
    it(`${name} harms its own tasks at most`, async () => {
      const runs = await RunReader.open(stage);
      const { run, pool } = await runs.start({
        target: target(name),
        items: [1, 2],
        processes: 1,
        timeoutMs: 400,
        graceMs: 50,
      });
      const mapped = runs.ask<{ outcomes: { ok: boolean }[] }>("pool/map", {
        target: target(name),
        items: [1],
        processes: 1,
        timeoutMs: 400,
      });
      const info = await within(
        runs.ask<{ done: number; failed: number; queued: number; running: number }>("run/wait", { run }),
        "the end of the run",
      );
      assert.deepEqual([info.done + info.failed, info.queued, info.running], [2, 0, 0]);
      const { outcomes } = await within(mapped, "the outcome of pool/map");
      assert.equal(outcomes.length, 1);
      const before = processorMs(stage.server.process.pid!);
      await within(other.request("server/status"), "an answer to another client");
      const worked = processorMs(stage.server.process.pid!) - before;
      assert.ok(worked < answerMs, `the server worked for ${worked} ms before it answered another client`);
      const own = async () =>
        (await stage.living()).filter((process) => process.pool === pool || process.session === runs.session);
      await waitFor(async () => (await own()).length === 0, { what: "the end of its processes" });
      runs.close();
    });
  }
});
