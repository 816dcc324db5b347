import assert from "node:assert/strict";
import { test } from "node:test";
import { encode } from "../../../bindings/typescript/session/codec.js";
import { openOutputFeed } from "../../../extension/tasks/output-feed.js";
import type { OutputLine } from "../../../protocol/process.js";
import { waitFor, within } from "../../deadline.js";
import { realServer, type RealServer } from "./real-server.js";

const patienceMs = 60_000;
const flood = "yes 0123456789abcdefghijklmnopqrstuvwxyz | head -c 20000000";

async function startRun({ rpc }: RealServer, command: string): Promise<{ id: string; job: string }> {
  const id = rpc.mint("run");
  const { run } = await rpc.request("run/start", {
    run: id,
    target: { command: "sh", args: ["-c", command, "sh", "{item}"] },
    items: [encode(1)],
  });
  return { id, job: run.job };
}

test("a reader that pauses makes the run's children wait, and loses no line", async (t) => {
  const server = await realServer(t);
  const feed = await openOutputFeed(server.address);
  t.after(() => feed.close());
  let bytes = 0;
  let next = 0;
  feed.onLines = (lines) => {
    for (const line of lines) {
      assert.equal(line.line, next++);
      bytes += line.text.length + 1;
    }
    if (bytes > 1_000_000) feed.pause();
  };
  const { id } = await startRun(server, flood);
  await feed.only(id);
  await waitFor(() => bytes > 1_000_000, { what: "output", timeoutMs: patienceMs });
  const { ended } = await server.rpc.request("run/read", { run: id, since: 1000, timeoutMs: 300 });
  assert.equal(ended, false, "20 MB went somewhere");
  const resting = bytes;
  assert.ok(resting < 10_000_000, `${resting}`);
  feed.onLines = (lines: readonly OutputLine[]) => {
    for (const line of lines) {
      assert.equal(line.line, next++);
      bytes += line.text.length + 1;
    }
  };
  feed.resume();
  await within(server.rpc.request("run/wait", { run: id }), "the run's end", patienceMs);
  await within(feed.settled(), "the last lines");
  assert.ok(Math.abs(bytes - 20_000_000) <= 1, `${bytes}`);
});

test("other clients' children do not wait for a reader that pauses", async (t) => {
  const server = await realServer(t);
  const feed = await openOutputFeed(server.address);
  t.after(() => feed.close());
  const own = await startRun(server, "sleep 1000");
  await feed.only(own.id);
  feed.onLines = () => assert.fail("lines of another run");
  feed.pause();
  const other = await startRun(server, flood);
  await within(server.rpc.request("run/wait", { run: other.id }), "the other run's end", patienceMs);
  feed.resume();
  await within(feed.settled(), "the answer");
  await server.rpc.request("run/cancel", { run: own.id });
});

test("when the server ends, every wait ends", async (t) => {
  const server = await realServer(t);
  const feed = await openOutputFeed(server.address);
  feed.pause();
  feed.resume();
  server.process.kill("SIGKILL");
  await within(feed.settled(), "the end of the wait");
  await within(feed.close(), "the end of the feed");
});

test("without a server there is no feed", async () => {
  await assert.rejects(openOutputFeed("unix:/nowhere/s"), /ENOENT/);
});
