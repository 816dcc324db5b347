import assert from "node:assert/strict";
import { createServer } from "node:net";
import { test } from "node:test";
import { decode, encode } from "msgpackr";
import { Empty, type PolyprocError } from "../../../bindings/typescript/session/errors.js";
import { BodyReader } from "../../../server/rpc/body-reader.js";
import { waitFor, within } from "../../deadline.js";
import { startUnixServer } from "../../server/server-process.js";
import { openPlainSession, socketIn } from "./window.js";

test("requests, errors and notifications work as in the binding", async (t) => {
  const { path } = await startUnixServer(t);
  const session = await openPlainSession(path);
  t.after(() => session.end());
  const queue = session.mint("queue");
  assert.match(queue, new RegExp(`^queue:${session.facts.session}\\.`));
  assert.notEqual(session.mint("queue"), queue);
  await session.request("queue/create", { queue });
  await assert.rejects(
    session.request("queue/get", { queue, timeoutMs: 0 }),
    (error) => error instanceof Empty && error.codeName === "Empty",
  );
  await assert.rejects(
    session.request("lock/acquire", { lock: "nonsense" }),
    (error: PolyprocError) => error.codeName === "InvalidParams",
  );

  const big = Buffer.alloc(3_000_000, 7);
  await session.request("queue/put", { queue, items: [big] });
  const { items } = await session.request("queue/get", { queue });
  assert.deepEqual(Buffer.from(items[0] as Uint8Array), big);

  const seen: string[] = [];
  const listener = session.on("events/changed", ({ events }) => seen.push(...events.map(({ topic }) => topic)));
  await session.request("events/subscribe", { topics: ["sync"] });
  await session.request("lock/create", { lock: session.mint("lock") });
  await waitFor(() => seen.includes("sync"));
  listener.dispose();
});

test("a signal cancels its request, and no other", async (t) => {
  const { path } = await startUnixServer(t);
  const session = await openPlainSession(path);
  t.after(() => session.end());
  const queue = session.mint("queue");
  await session.request("queue/create", { queue });
  const abort = new AbortController();
  const given = session.request("queue/get", { queue }, abort.signal);
  const patient = session.request("queue/get", { queue });
  abort.abort();
  await assert.rejects(given, (error: PolyprocError) => error.codeName === "RequestCancelled");
  await assert.rejects(
    session.request("queue/get", { queue }, abort.signal),
    (error: PolyprocError) => error.codeName === "RequestCancelled",
  );
  await session.request("queue/put", { queue, items: [Buffer.from([1])] });
  assert.equal((await patient).items.length, 1);
});

test("when the server dies, pending and later requests fail with Closed", async (t) => {
  const { path, process: server } = await startUnixServer(t);
  const session = await openPlainSession(path);
  const queue = session.mint("queue");
  await session.request("queue/create", { queue });
  const waiting = session.request("queue/get", { queue });
  const closed = (error: PolyprocError) => error.codeName === "Closed";
  const told = assert.rejects(waiting, closed);
  server.kill("SIGKILL");
  await within(session.closed, "the session's end");
  await told;
  await assert.rejects(session.request("server/status", {}), closed);
  await within(session.end(), "a goodbye to nobody");
});

test("end shuts the session down: the server answers after the session's children have ended", async (t) => {
  const { path } = await startUnixServer(t);
  const watcher = await openPlainSession(path);
  t.after(() => watcher.end());
  const session = await openPlainSession(path);
  assert.deepEqual(
    (await watcher.request("server/sessions", {})).sessions.map(({ name }) => name),
    ["test", "test"],
  );
  const child = session.mint("process");
  await session.request("process/start", { process: child, target: { command: "sleep", args: ["60"] }, daemon: true });
  await session.end();
  assert.deepEqual(
    (await watcher.request("process/list", { scope: "all" })).processes.filter(({ role }) => role === "process"),
    [],
  );
  assert.equal((await watcher.request("server/sessions", {})).sessions.length, 1);
});

test("invalid bytes end the session, and nothing else", async (t) => {
  for (const garbage of [
    "Content-Length: 3\r\n\r\n\xc1\xc1\xc1",
    "Content-Length: nonsense\r\n\r\n",
    "no header at all\r\n\r\n",
  ]) {
    const path = socketIn(t);
    const server = createServer((socket) => {
      socket.on("error", () => {});
      const bodies = new BodyReader((request) => {
        const { id, method } = decode(request) as { id: number; method: string };
        const body = encode({
          jsonrpc: "2.0",
          id,
          result: { session: "s1", serverInfo: { version: "1", pid: 1 }, capabilities: {} },
        });
        if (method === "initialize")
          socket.write(Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`), body]));
        else socket.write(Buffer.from(garbage, "latin1"));
      }, 1e6);
      socket.on("data", (chunk: Buffer) => bodies.push(chunk));
    });
    await new Promise<void>((listening) => server.listen(path, listening));
    t.after(() => void server.close());
    const session = await openPlainSession(path);
    const unanswered = assert.rejects(
      session.request("server/status", {}),
      (error: PolyprocError) => error.codeName === "Closed",
    );
    await within(session.closed, `the end of a session with ${JSON.stringify(garbage)}`);
    await unanswered;
  }
});

test("while the editor is busy, a flood of output waits at the server", async (t) => {
  const { path } = await startUnixServer(t);
  const session = await openPlainSession(path);
  t.after(() => session.end());
  await session.request("events/watchOutput", { scope: "all" });
  let lines = 0;
  let left = 0;
  session.on("events/output", (output) => {
    lines += output.lines.length;
    left += output.dropped;
  });
  const process_ = session.mint("process");
  await session.request("process/start", {
    process: process_,
    target: { command: "sh", args: ["-c", "yes 0123456789012345678901234567890123456789 | head -c 20000000"] },
  });
  const total = Math.ceil(20_000_000 / 41);
  await session.request("process/join", { process: process_ });
  await waitFor(() => lines + left >= total, { what: `${total} lines, of which some are left out` });
  assert.equal(lines + left, total);
});
