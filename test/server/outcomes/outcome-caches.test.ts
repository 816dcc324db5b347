import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { Found, RunCache } from "../../../server/engine/runs/run-cache.js";
import { OutcomeCaches, type CacheThreadOptions } from "../../../server/outcomes/outcome-caches.js";
import { jsonToPayload } from "../../../protocol/values.js";
import { within } from "../../deadline.js";
import { temporaryFolder } from "../../temporary-folder.js";

const item = jsonToPayload("x");

function opened(t: TestContext, options: CacheThreadOptions): RunCache {
  const caches = new OutcomeCaches(options);
  t.after(() => caches.close());
  const cache = { dir: temporaryFolder(t) };
  return caches.open({ run: "run:s1.1", target: { command: "true" }, items: [item], cache });
}

/** What a thread with this program answers, and that it lets the run end. */
async function asked(t: TestContext, program: string, silenceMs = 60_000): Promise<readonly Found[]> {
  const cache = opened(t, { module: new URL(`data:text/javascript,${encodeURIComponent(program)}`), silenceMs });
  const found = await within(
    new Promise<readonly Found[]>((answer) => cache.look(0, [item, item], answer)),
    "an answer",
  );
  cache.keep(0, item, { value: item, ms: 1, lines: [] });
  const later = await within(
    new Promise<readonly Found[]>((answer) => cache.look(0, [item], answer)),
    "a later answer",
  );
  assert.ok(later.every((one) => "why" in one));
  await within(new Promise<void>((closed) => cache.close(closed)), "the end");
  return found;
}

test("if the thread is silent, fails or ends, items are not found, and the run ends", async (t) => {
  const use = 'import { parentPort } from "node:worker_threads"; parentPort.on("message", () => {';
  const twice = (why: string) => [{ why }, { why }];
  assert.deepEqual(await asked(t, `${use}});`, 50), twice("the cache did not answer for 0.05 s"));
  assert.deepEqual(await asked(t, `${use} throw new Error("boom"); });`), twice("the cache failed: boom"));
  assert.deepEqual(await asked(t, `${use} process.exit(); });`), twice("the cache has ended"));
});

test("a thread that is busy is waited for", async (t) => {
  const program = `
    import { parentPort } from "node:worker_threads";
    parentPort.on("message", ({ kind, call, run }) => {
      if (kind === "close") parentPort.postMessage({ kind: "closed", run });
      if (kind !== "look") return;
      let left = 20;
      const timer = setInterval(() => {
        if (left-- > 0) return parentPort.postMessage({ kind: "busy" });
        clearInterval(timer);
        parentPort.postMessage({ kind: "looked", call, found: [{ why: "slow" }] });
      }, 100);
    });`;
  const module = new URL(`data:text/javascript,${encodeURIComponent(program)}`);
  const cache = opened(t, { module, silenceMs: 1500 });
  const found = await within(new Promise((answer) => cache.look(0, [item], answer)), "an answer");
  assert.deepEqual(found, [{ why: "slow" }]);
  await within(new Promise<void>((closed) => cache.close(closed)), "the end");
});

test("outcomes are found by another thread, after the first has ended with its last run", async (t) => {
  const caches = new OutcomeCaches();
  t.after(() => caches.close());
  const cache = { dir: temporaryFolder(t) };
  const spec = { run: "run:s1.1", target: { command: "true" }, items: [item], cache };
  const value = jsonToPayload({ exitCode: 0, signal: null, stdout: "a\nb\r\n", stderr: "c", truncated: false });
  const look = (run: RunCache) =>
    within(new Promise<readonly Found[]>((answer) => run.look(0, [item], answer)), "an answer");
  const close = (run: RunCache) => within(new Promise<void>((closed) => run.close(closed)), "the end");
  const first = caches.open(spec);
  assert.deepEqual(await look(first), [{ why: null }]);
  first.keep(0, item, { value, ms: 3, lines: [] });
  await close(first);
  const second = caches.open(spec);
  const [found] = await look(second);
  assert.ok(found && "value" in found);
  assert.deepEqual(Buffer.from(found.value as Uint8Array), Buffer.from(value as Uint8Array));
  assert.deepEqual(found.lines, [
    { stream: "stdout", text: "a" },
    { stream: "stdout", text: "b" },
    { stream: "stderr", text: "c" },
  ]);
  await close(second);
});
