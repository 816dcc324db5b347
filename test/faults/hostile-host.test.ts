import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { waitFor, within } from "../deadline.js";
import { compiled } from "../fixture.js";
import { RawClient } from "../server/clients.js";
import { RunReader } from "./run-reader.js";
import { misdeeds } from "./scripts/hostile-host.js";
import { setStage, type Stage } from "./stage.js";

const host = compiled("test/faults/scripts/hostile-host");

/**
 * So long another client may wait for its answer, in milliseconds, longer than a client of a server with nothing to do:
 * a machine that stands still holds up both.
 */
const answerMs = 2000;
/** Rows of the table that are tried at a time: most of them wait for a time limit. */
const concurrency = 6;

const target = (name: string) => ({ module: "/hostile.js", export: name, runtime: "hostile" });

/** How long a client waits for an answer, in milliseconds. */
async function answered(client: RawClient): Promise<number> {
  const asked = performance.now();
  const { result } = await within(client.request("server/status"), "an answer to another client");
  assert.ok(result.pid > 0);
  return performance.now() - asked;
}

describe("a worker host that", { concurrency }, () => {
  let stage: Stage;
  let other: RawClient;
  let ofIdleServer: RawClient;
  const cleanings: (() => void | Promise<void>)[] = [];

  before(async () => {
    const cleaner = { after: (clean: () => void | Promise<void>) => void cleanings.push(clean) };
    stage = await setStage(cleaner, ["--warm-hosts", "0", "--runtime", `hostile=${process.execPath} ${host} host`]);
    const idle = await setStage(cleaner, ["--warm-hosts", "0"]);
    [other, ofIdleServer] = (await Promise.all(
      [stage, idle].map(({ address }) => RawClient.open(address.slice("unix:".length), "frames")),
    )) as [RawClient, RawClient];
  });

  after(async () => {
    for (const client of [other, ofIdleServer]) client.close();
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
      const [waited, waitedForIdle] = await Promise.all([other, ofIdleServer].map(answered));
      assert.ok(
        waited! < waitedForIdle! + answerMs,
        `another client waited ${waited} ms, one of an idle server ${waitedForIdle} ms`,
      );
      const own = async () =>
        (await stage.living()).filter((process) => process.pool === pool || process.session === runs.session);
      await waitFor(async () => (await own()).length === 0, { what: "the end of its processes" });
      runs.close();
    });
  }
});
