import assert from "node:assert/strict";
import { Duplex } from "node:stream";
import { test } from "node:test";
import type { PolyprocError } from "../../../../protocol/errors.js";
import { decodeMessage } from "../../../../server/ipc/framing/decoder.js";
import { FrameReader } from "../../../../server/ipc/framing/frame-reader.js";
import { FrameWriter } from "../../../../server/ipc/framing/frame-writer.js";
import { RpcEndpoint } from "../../../../server/ipc/framing/rpc-endpoint.js";

type Message = { id: number | null; method?: string; params?: unknown };

/** Two ends of a connection inside this process. */
function pair(): [Duplex, Duplex] {
  const ends: Duplex[] = [];
  for (const other of [1, 0]) {
    ends.push(
      new Duplex({
        read() {},
        write(chunk, _encoding, done) {
          const copy = Buffer.from(chunk as Buffer);
          setImmediate(() => {
            ends[other]!.push(copy);
            done();
          });
        },
        final(done) {
          setImmediate(() => {
            ends[other]!.push(null);
            done();
          });
        },
      }),
    );
  }
  return ends as [Duplex, Duplex];
}

function connected(serve: (message: Message, reply: (message: object) => void, stream: Duplex) => void) {
  const [client, server] = pair();
  const writer = new FrameWriter(server);
  const reader = new FrameReader((buffer, start, end) =>
    serve(decodeMessage(buffer, start, end) as Message, (message) => writer.write(message), server),
  );
  server.on("data", (chunk: Buffer) => reader.push(chunk));
  const notifications: [string, unknown][] = [];
  const closed = withResolvers<PolyprocError | null>();
  const endpoint = new RpcEndpoint(client, {
    onNotification: (method, params) => notifications.push([method, params]),
    onClose: closed.resolve,
  });
  return { endpoint, notifications, closed: closed.promise };
}

function withResolvers<T>() {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((settle) => (resolve = settle));
  return { promise, resolve };
}

test("answers find their requests in any order, errors keep their code and data", async () => {
  const held: [Message, (message: object) => void][] = [];
  const { endpoint } = connected((message, reply) => {
    held.push([message, reply]);
    if (held.length < 3) return;
    for (const [{ id, params }, answer] of held.reverse()) {
      if (params === 2)
        answer({ id, error: { code: 1002, message: "nothing there", data: { name: "Empty", size: 0 } } });
      else answer({ id, result: params });
    }
  });
  const results = await Promise.allSettled([1, 2, 3].map((n) => endpoint.request("echo", n)));
  assert.deepEqual(
    results.map((result) => (result.status === "fulfilled" ? result.value : (result.reason as PolyprocError).codeName)),
    [1, "Empty", 3],
  );
  assert.deepEqual(((results[1] as PromiseRejectedResult).reason as PolyprocError).data, { size: 0 });
  assert.equal(endpoint.pending, 0);
  endpoint.close();
});

test("notifications come in order with answers", async () => {
  const { endpoint, notifications } = connected((message, reply) => {
    reply({ method: "before", params: 1 });
    reply({ id: message.id, result: null });
  });
  await endpoint.request("x");
  assert.deepEqual(notifications, [["before", 1]]);
  endpoint.close();
});

test("cancel names the request, and is not sent for one that was answered", async () => {
  const seen: Message[] = [];
  const { endpoint } = connected((message, reply) => {
    seen.push(message);
    if (message.method === "$/cancelRequest")
      reply({ id: (message.params as { id: number }).id, error: { code: -32800, message: "cancelled" } });
    if (message.method === "quick") reply({ id: message.id, result: 1 });
  });
  const error = await new Promise((settle) => {
    const id = endpoint.send("slow", {}, settle);
    endpoint.cancel(id);
  });
  assert.equal((error as PolyprocError).codeName, "RequestCancelled");
  const id = await new Promise<number>((settle) => {
    const quick: number = endpoint.send("quick", {}, () => settle(quick));
  });
  endpoint.cancel(id);
  await endpoint.request("quick");
  assert.deepEqual(
    seen.map(({ method }) => method),
    ["slow", "$/cancelRequest", "quick", "quick"],
  );
  endpoint.close();
});

test("the end of the connection rejects pending and later requests", async () => {
  const { endpoint, closed } = connected((_message, _reply, stream) => stream.end());
  await assert.rejects(endpoint.request("x"), { codeName: "Closed" });
  assert.equal(await closed, null);
  await assert.rejects(endpoint.request("y"), { codeName: "Closed" });
  endpoint.notify("z");
});

test("pending requests fail with the server's last error", async () => {
  const { endpoint, closed } = connected((_message, reply) =>
    reply({ id: null, error: { code: 1018, message: "too large", data: { name: "PayloadTooLarge" } } }),
  );
  await assert.rejects(endpoint.request("x"), { codeName: "PayloadTooLarge", message: "too large" });
  assert.equal((await closed)?.codeName, "PayloadTooLarge");
});

test("bytes that are no message end the connection", async () => {
  const { endpoint, closed } = connected((_message, _reply, stream) => stream.write(Buffer.from([0, 0, 0, 1, 0xc1])));
  await assert.rejects(endpoint.request("x"), { codeName: "ParseError" });
  assert.equal((await closed)?.codeName, "ParseError");
});
