import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { RawClient, type Framing } from "./clients.js";
import { startUnixServer } from "./server-process.js";

const framings: Framing[] = ["json", "msgpack", "frames"];

test("one address speaks both framings, with bodies in JSON and in msgpack", async (t) => {
  const { path, process } = await startUnixServer(t);
  for (const framing of framings) {
    const client = await RawClient.connect(path, framing);
    const { result } = await client.request("initialize", { protocolVersion: "1.0", capabilities: {} });
    assert.equal(result.protocolVersion, "1.0");
    assert.equal(result.serverInfo.pid, process.pid);
    const lock = `lock:${result.session}.1`;
    assert.deepEqual((await client.request("lock/create", { lock })).result, null);
    assert.deepEqual((await client.request("lock/acquire", { lock })).result, { acquired: true, ownerDied: false });
    client.close();
  }
});

test("a running server tells its meta-model and its JSON Schema, in each framing and encoding", async (t) => {
  const { path } = await startUnixServer(t);
  const file = (name: string) =>
    JSON.parse(readFileSync(new URL(`../../../protocol/generated/${name}`, import.meta.url), "utf8")) as object;
  for (const framing of framings) {
    const client = await RawClient.open(path, framing);
    const { result } = await client.request("server/protocol");
    assert.deepEqual(result, { metaModel: file("metaModel.json"), schema: file("schema.json") });
    client.close();
  }
});

test("a session is offered channels only if it told that it can use them", async (t) => {
  const { path } = await startUnixServer(t);
  const capable = { capabilities: { channels: true } };
  for (const [writing, reading, offered] of [
    [capable, capable, true],
    [{}, capable, false],
    [capable, {}, false],
  ] as const) {
    const [writer, reader] = [
      await RawClient.open(path, "frames", writing),
      await RawClient.open(path, "frames", reading),
    ];
    const [first, second] = [`pipe:@${writer.session}-first`, `pipe:@${writer.session}-second`];
    await writer.request("pipe/create", { first, second });
    await reader.request("pipe/create", { first, second });
    for (let item = 0; item < 8; item++) {
      await writer.request("pipe/send", { end: first, item: Buffer.from([item]), channel: true });
      const { result } = await reader.request("pipe/follow", { end: second });
      assert.deepEqual(result.item, Buffer.from([item]));
    }
    assert.equal(
      writer.received.some(({ method }) => method === "pipe/channel"),
      offered && process.platform === "linux",
    );
    writer.close();
    reader.close();
  }
});

test("the server answers in the encoding of initialize, and reads either", async (t) => {
  const { path } = await startUnixServer(t);
  const json = await RawClient.open(path, "json");
  json.send({ jsonrpc: "2.0", id: "m", method: "server/status" }, "msgpack");
  await json.answer("m");
  assert.deepEqual(new Set(json.firstBytes), new Set([0x7b]));

  const msgpack = await RawClient.open(path, "msgpack");
  msgpack.send({ jsonrpc: "2.0", id: "j", method: "server/status" }, "json");
  await msgpack.answer("j");
  assert.ok(!msgpack.firstBytes.includes(0x7b));
  json.close();
  msgpack.close();
});

test("an item goes from JSON to frames and back", async (t) => {
  const { path } = await startUnixServer(t);
  const json = await RawClient.open(path, "json");
  const frames = await RawClient.open(path, "frames");
  const item = { text: "é", list: [1, 1.5, { $int: "9007199254740993" }], $$dollar: null };
  await json.request("queue/create", { queue: "queue:@a" });
  await json.request("queue/create", { queue: "queue:@b" });
  await json.request("queue/put", { queue: "queue:@a", items: [item] });
  const { result } = await frames.request("queue/get", { queue: "queue:@a" });
  assert.ok(result.items[0] instanceof Uint8Array);
  await frames.request("queue/put", { queue: "queue:@b", items: result.items });
  assert.deepEqual((await json.request("queue/get", { queue: "queue:@b" })).result, { items: [item] });

  // What is no msgpack comes unopened.
  await frames.request("queue/put", { queue: "queue:@b", items: [Buffer.from([0xc1])] });
  assert.deepEqual((await json.request("queue/get", { queue: "queue:@b" })).result, {
    items: [{ $blob: { tag: "polyproc/undecodable", data: "wQ==" } }],
  });
  // A value without a msgpack form is the sender's mistake.
  const { error } = await json.request("queue/put", { queue: "queue:@b", items: [{ $int: "many" }] });
  assert.equal(error?.data?.["name"], "InvalidParams");
  json.close();
  frames.close();
});

test("a wait is cancelled with $/cancelRequest", async (t) => {
  const { path } = await startUnixServer(t);
  for (const framing of framings) {
    const client = await RawClient.open(path, framing);
    await client.request("queue/create", { queue: "queue:@empty" });
    client.send({ jsonrpc: "2.0", id: 77, method: "queue/get", params: { queue: "queue:@empty" } });
    client.send({ jsonrpc: "2.0", method: "$/cancelRequest", params: { id: 77 } });
    assert.equal((await client.answer(77)).error?.code, -32800);
    client.close();
  }
});

test("a client may send requests, close its sending side, and read the answers", async (t) => {
  const { path } = await startUnixServer(t);
  for (const framing of framings) {
    const client = await RawClient.connect(path, framing);
    client.send({ jsonrpc: "2.0", id: 1, method: "initialize", params: {} });
    for (let id = 2; id <= 50; id++) client.send({ jsonrpc: "2.0", id, method: "server/status" });
    client.socket.end();
    assert.ok((await client.answer(50)).result);
    client.close();
  }
});
