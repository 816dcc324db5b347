import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { suite, test, type TestContext } from "node:test";
import { waitFor, within } from "../deadline.js";
import { RawClient, type Framing } from "./clients.js";
import { startUnixServer } from "./server-process.js";

/** The server reads so much at once. */
const readBytes = 64 * 1024;
const puts = 50;

/** The server stops reading from a peer that leaves more bytes of answers than this unread. */
const restBytes = 4 * 1024 * 1024;

/** A peer that reads nothing, ever, and an observer with a queue. */
async function scene(t: TestContext, framing: Framing) {
  const server = await startUnixServer(t, ["--warm-hosts", "0"]);
  const observer = await RawClient.open(server.path, "frames");
  t.after(() => observer.close());
  const queue = `queue:${observer.session}.q`;
  await observer.request("queue/create", { queue });
  const sessions = async () => ((await observer.request("server/sessions", {})).result.sessions as unknown[]).length;
  const size = async () => (await observer.request("queue/status", { queue })).result.size as number;

  const socket = connect(server.path);
  t.after(() => void socket.destroy());
  socket.pause();
  await within(once(socket, "connect"), "a connection");
  const sender = new RawClient(socket, framing);
  let id = 0;
  const encode = (method: string, params: object) => sender.encode({ jsonrpc: "2.0", id: id++, method, params });
  const send = (messages: Buffer[]) =>
    within(new Promise((sent) => socket.write(Buffer.concat(messages), sent)), "what was sent, taken by the system");
  await send([encode("initialize", {})]);
  await waitFor(async () => (await sessions()) === 2);
  const item = framing === "json" ? { encoding: "json", data: 1 } : Buffer.from([1]);
  const items = () => Array.from({ length: puts }, () => encode("queue/put", { queue, items: [item] }));
  return { server, observer, queue, sessions, size, socket, encode, send, items };
}

/**
 * A peer that ends while answers wait for it cannot be answered, and its connection is reset. What it had sent is then
 * partly handled, partly read ahead of its turn.
 */
suite("messages that a peer sent right before its end are handled", () => {
  for (const framing of ["frames", "msgpack", "json"] as const) {
    test(`when it has ended before the server reads it (${framing})`, async (t) => {
      const { server, sessions, size, socket, encode, send, items } = await scene(t, framing);
      const messages: Buffer[] = [];
      // They take the server more than one turn of its event loop.
      for (let bytes = 0; bytes < readBytes; bytes += messages.at(-1)!.length)
        messages.push(encode("server/status", {}));
      server.process.kill("SIGSTOP");
      try {
        await send([...messages, ...items()]);
        socket.destroy();
      } finally {
        server.process.kill("SIGCONT");
      }
      await waitFor(async () => (await sessions()) === 1);
      assert.equal(await size(), puts);
    });

    test(`when it ends while the server rests (${framing})`, async (t) => {
      const { observer, queue, sessions, size, socket, encode, send, items } = await scene(t, framing);
      const large = Buffer.concat([Buffer.from([0xc6, 0, 0x10, 0, 0]), Buffer.alloc(1024 * 1024)]);
      const count = Math.ceil(restBytes / large.length) + 2;
      for (let i = 0; i < count; i++) await observer.request("queue/put", { queue, items: [large] });
      await send(Array.from({ length: count }, () => encode("queue/get", { queue })));
      await waitFor(async () => (await size()) === 0);
      await send(items());
      // Each takes the server at least one turn of its event loop: it has read what it will read.
      for (let turns = 0; turns < 3; turns++) await sessions();
      socket.destroy();
      await waitFor(async () => (await sessions()) === 1);
      assert.equal(await size(), puts);
    });
  }
});
