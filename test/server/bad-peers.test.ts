import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { describe, test } from "node:test";
import { waitFor, within } from "../deadline.js";
import { RawClient, type Framing } from "./clients.js";
import { SharedServer } from "./shared-server.js";

const framings: Framing[] = ["json", "msgpack", "frames"];

const MiB = 1024 * 1024;

describe("a peer", () => {
  const server = new SharedServer();

  test("that has over 100,000 pending requests gets Overloaded", async () => {
    const client = await server.opened("frames");
    await client.request("event/create", { event: "event:@never" });
    for (let id = 1; id <= 100_001; id++) {
      client.send({ id: id + 10, method: "event/wait", params: { event: "event:@never" } });
      if (id % 1000 === 0 && client.socket.writableNeedDrain) await once(client.socket, "drain");
    }
    assert.equal((await client.answer(100_011)).error?.data?.["name"], "Overloaded");
    client.close();
  });

  test("that sends requests and never reads is not read from, and the others are served", async () => {
    const mute = connect(server.path);
    mute.on("error", () => {});
    const asking = await RawClient.open(server.path, "frames");
    const request = asking.encode({ id: 1, method: "process/list", params: { scope: "all" } });
    asking.close();
    mute.write(asking.encode({ id: 0, method: "initialize", params: {} }));
    // Writes until the server takes no more: its answers are not read.
    const batch = Buffer.concat(new Array<Buffer>(1000).fill(request));
    let stuck = 0;
    for (let i = 0; i < 100_000 && stuck < 20; i++) {
      const written = mute.bytesWritten - mute.writableLength;
      if (mute.writableLength < 8 * MiB) mute.write(batch);
      await server.good.request("server/status");
      stuck = mute.writableLength >= 8 * MiB && mute.bytesWritten - mute.writableLength === written ? stuck + 1 : 0;
    }
    assert.ok(stuck === 20, "the server read on and on");
    await server.hasNotGrown();
    mute.destroy();
  });

  test("that subscribes to all events and never reads costs little memory, and the others are served", async () => {
    const mute = await server.opened("frames");
    await mute.request("events/subscribe", { topics: ["process", "pool", "task", "sync", "deadlock"] });
    mute.socket.pause();
    const before = await server.rss();
    const text = "x".repeat(150);
    for (let round = 0; round < 40; round++) {
      const ids = Array.from({ length: 500 }, (_, i) => `lock:@${text}${round}.${i}`);
      for (const [i, lock] of ids.entries())
        server.good.send({ id: 10_000 + i, method: "lock/create", params: { lock } });
      await server.good.answer(10_000 + ids.length - 1);
      server.good.send({ method: "handle/release", params: { handles: ids } });
      await server.good.request("server/status");
      server.good.received.length = 0;
    }
    await server.hasGrownByLessThan(100 * MiB, before);
    mute.close();
  });

  test("that connects a thousand times and sends nothing does not keep others out", async () => {
    const silent: Socket[] = [];
    const heard: string[] = [];
    for (let i = 0; i < 1000; i++) {
      const socket = connect(server.path);
      socket.on("error", () => {});
      socket.on("data", (text: Buffer) => heard.push(text.toString()));
      silent.push(socket);
      await once(socket, "connect");
      if (i % 100 === 0) {
        const framing = framings[(i / 100) % 3]!;
        const client = await server.opened(framing);
        assert.ok((await within(client.request("server/status"), "an answer")).result);
        client.close();
      }
    }
    // The oldest clients were disconnected, with the reason.
    await waitFor(() => heard.length >= 1000 - 513, { what: "last words for those who had to go" });
    assert.match(heard[0]!, /"name":"Overloaded"/);
    await server.hasNotGrown();
    for (const socket of silent) socket.destroy();
  });
});
