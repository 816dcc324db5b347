import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import {
  CancellationTokenSource,
  createMessageConnection,
  StreamMessageReader,
  StreamMessageWriter,
  type ResponseError,
} from "vscode-jsonrpc/node";
import { waitFor, within } from "../../deadline.js";
import { startUnixServer } from "../server-process.js";

test("a client made with vscode-jsonrpc goes through a session like an editor's", async (t) => {
  const { path } = await startUnixServer(t);
  const socket = connect(path);
  const client = createMessageConnection(new StreamMessageReader(socket), new StreamMessageWriter(socket));
  client.listen();
  const { session } = await client.sendRequest<{ session: string }>("initialize", {
    processId: process.pid,
    rootUri: null,
    capabilities: { workspace: { applyEdit: true } },
    trace: "off",
    workspaceFolders: null,
  });
  await client.sendNotification("initialized", {});
  await client.sendNotification("$/setTrace", { value: "off" });

  const queue = `queue:${session}.1`;
  await client.sendRequest("queue/create", { queue });
  await client.sendRequest("queue/put", { queue, items: [{ deep: [1, "two", null] }] });
  assert.deepEqual(await client.sendRequest("queue/get", { queue }), { items: [{ deep: [1, "two", null] }] });

  const source = new CancellationTokenSource();
  const waiting = client.sendRequest("queue/get", { queue }, source.token);
  source.cancel();
  await assert.rejects(
    within(waiting, "the cancelled request's answer"),
    (error: ResponseError<unknown>) => error.code === -32800,
  );
  // Nothing was lost to the getter that went.
  await client.sendRequest("queue/put", { queue, items: [1] });
  assert.deepEqual(await client.sendRequest("queue/get", { queue, timeoutMs: 0 }), { items: [1] });

  const events: unknown[] = [];
  client.onNotification("events/changed", (params: { events: unknown[] }) => void events.push(...params.events));
  await client.sendRequest("events/subscribe", { topics: ["sync"] });
  await client.sendRequest("lock/create", { lock: `lock:${session}.2` });
  await client.sendRequest("lock/acquire", { lock: `lock:${session}.2` });

  await waitFor(() => events.length > 0, { what: "events of the lock" });

  assert.equal(await client.sendRequest("shutdown"), null);
  await assert.rejects(client.sendRequest("server/status"), /only "exit" is accepted/);
  const closed = once(socket, "close");
  await client.sendNotification("exit");
  await within(closed, "the connection's end");
  client.dispose();
});
