import assert from "node:assert/strict";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { pathToFileURL } from "node:url";
import { compiled, root } from "../fixture.js";
import { waitFor, within } from "../deadline.js";
import { fragmentBit } from "../../server/ipc/framing/fragments.js";
import { temporaryFolder } from "../temporary-folder.js";
import { RawClient, type Framing } from "./clients.js";
import { encodeMessage } from "./encode-message.js";
import { startServer } from "./server-process.js";

const MiB = 1024 * 1024;
const module = pathToFileURL(compiled("test/bindings/typescript/fixtures/large")).href;

async function serve(t: TestContext, ...args: string[]) {
  const path = join(temporaryFolder(t), "s");
  const server = await startServer(t, ["--listen", `unix:${path}`, ...args]);
  const open = async (framing: Framing, params: object = {}) => {
    const client = await RawClient.open(path, framing, params);
    t.after(() => client.close());
    return client;
  };
  return { server, open };
}

function fragment(...parts: Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const prefix = Buffer.alloc(4);
  prefix.writeUInt32BE(fragmentBit + body.length);
  return Buffer.concat([prefix, body]);
}

function head(bytes: number, id: number): Buffer {
  const fixed = Buffer.alloc(11);
  fixed.writeBigUInt64BE(BigInt(bytes));
  fixed.writeUInt16BE(1, 8);
  fixed[10] = id;
  return fixed;
}

/** A value's msgpack: these bytes. */
function bin(bytes: Uint8Array): Buffer {
  const prefix = Buffer.from([0xc6, 0, 0, 0, 0]);
  prefix.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([prefix, bytes]);
}

/** `queue/put` of an item of this many bytes, in fragments. */
function put(queue: string, bytes: number, id = 9): Buffer {
  const message = encodeMessage({ id, method: "queue/put", params: { queue, items: [bin(Buffer.alloc(bytes, 1))] } });
  const parts: Buffer[] = [];
  for (let at = 0; at < message.length; at += MiB) {
    const piece = message.subarray(at, at + MiB);
    parts.push(at === 0 ? fragment(head(message.length, id), piece) : fragment(piece));
  }
  return Buffer.concat(parts);
}

test("the memory of announced messages is released after a while, or when their connection ends", async (t) => {
  const { server, open } = await serve(
    t,
    "--max-memory-bytes",
    String(256 * MiB),
    "--max-payload-bytes",
    String(100 * MiB),
  );
  const good = await open("frames");
  const status = async () => (await good.request("server/status")).result;
  const before = await status();
  const liars: RawClient[] = [];
  for (let i = 0; i < 20; i++) {
    const liar = await open("frames");
    liar.socket.write(fragment(head(100 * MiB, 5), Buffer.alloc(1000)));
    liars.push(liar);
  }
  await waitFor(async () => (await status()).heldBytes > before.heldBytes, { what: "an announced message" });
  const during = await status();
  assert.ok(during.heldBytes <= 256 * MiB, `${during.heldBytes} bytes held`);
  // What is small is served all the time.
  assert.equal((await good.request("queue/create", { queue: `queue:${good.session}.1` })).error, undefined);
  assert.ok(
    during.rssBytes - before.rssBytes < 50 * MiB,
    `${during.rssBytes - before.rssBytes} bytes for messages that did not come`,
  );
  for (const liar of liars) liar.socket.destroy();
  await waitFor(async () => (await status()).heldBytes <= before.heldBytes + 1000, { what: "the memory of the liars" });
  assert.equal(server.stderr(), "");
});

test("inconsistent fragments end their connection, and no other", async (t) => {
  const { server, open } = await serve(t);
  const good = await open("frames");
  for (const bytes of [
    [fragment(head(100, 5), Buffer.alloc(10)), fragment(Buffer.alloc(91))],
    [fragment(head(5, 5), Buffer.alloc(6))],
    [fragment()],
    [fragment(head(100, 5)), fragment()],
    [fragment(head(100, 5).subarray(0, 7))],
    [fragment(head(0, 5))],
    [fragment(head(100, 0xc3))],
  ]) {
    const bad = await open("frames");
    bad.socket.write(Buffer.concat(bytes));
    assert.equal((await bad.lastWords()).data?.["name"], "Malformed");
  }
  // One that is whole, and no message.
  const bad = await open("frames");
  bad.socket.write(fragment(head(3, 5), Buffer.from([0xc1, 0xc1, 0xc1])));
  assert.equal((await bad.lastWords()).data?.["name"], "ParseError");
  assert.equal((await good.request("server/status")).result.sessions, 1);
  assert.equal(server.stderr(), "");
});

test("a request that is too large is answered with size, limit and option; its connection lives on", async (t) => {
  const { open } = await serve(t, "--max-payload-bytes", String(2 * MiB));
  const client = await open("frames");
  await client.request("queue/create", { queue: `queue:${client.session}.1` });
  client.socket.write(put(`queue:${client.session}.1`, 3 * MiB));
  const { error } = await client.answer(9);
  assert.equal(error?.data?.["name"], "PayloadTooLarge");
  assert.match(
    error!.message,
    /a message of 3145\d{3} bytes is longer than the limit of 2097152 bytes.*--max-payload-bytes/,
  );
  assert.equal((await client.request("queue/status", { queue: `queue:${client.session}.1` })).result.size, 0);
});

for (const [framing, bytes] of [
  ["json", 4 * MiB],
  ["msgpack", 5 * MiB],
  ["frames", 5 * MiB],
] as const) {
  test(`an item that is too large for a ${framing} client stays in its queue or pipe, with an error`, async (t) => {
    const { open } = await serve(t, "--max-message-bytes", String(5 * MiB));
    const able = await open("frames", { capabilities: { maxPayloadBytes: 2 ** 32 - 1 } });
    const queue = `queue:${able.session}.1`;
    const [first, second] = [`pipe:${able.session}.2`, `pipe:${able.session}.3`];
    await able.request("queue/create", { queue });
    await able.request("pipe/create", { first, second, duplex: true });
    const client = await open(framing);
    for (const handle of [queue, second])
      assert.equal((await client.request("handle/retain", { handle })).error, undefined);
    // It waits already when the item comes.
    const waiting = client.request("queue/get", { queue });
    await waitFor(async () => (await able.request("queue/status", { queue })).result.getters === 1);
    able.socket.write(put(queue, bytes));
    assert.equal((await able.answer(9)).error, undefined);
    const again = await client.request("queue/get", { queue });
    for (const { error } of [await waiting, again]) {
      assert.equal(error?.data?.["name"], "PayloadTooLarge");
      assert.match(
        error!.message,
        /the next item of queue:\S+ takes \d+ bytes, and s\d can receive at most \d+.*fragments/,
      );
    }
    assert.equal((await able.request("queue/status", { queue })).result.size, 1);
    able.send({ id: 8, method: "pipe/send", params: { end: first, item: bin(Buffer.alloc(bytes - 100 * 1024)) } });
    assert.equal((await able.answer(8)).error, undefined);
    if (framing === "json")
      assert.equal((await client.request("pipe/recv", { end: second })).error?.data?.["name"], "PayloadTooLarge");
    assert.equal((await able.request("queue/get", { queue })).result.items.length, 1);
    assert.equal((await client.request("queue/status", { queue })).error, undefined);
  });
}

test("a result that is too large for its client fails its own task", async (t) => {
  const { open } = await serve(t, "--max-message-bytes", String(2 * MiB));
  const client = await open("json");
  const [pool, job] = [`pool:${client.session}.1`, `job:${client.session}.2`];
  await client.request("pool/create", { pool, processes: 1 });
  await client.request("job/create", { job, pool, target: { module, export: "bytes" }, mode: "map" });
  await client.request("job/submit", {
    job,
    tasks: [
      { index: 0, items: [3 * MiB] },
      { index: 1, items: [5] },
    ],
  });
  const results = () =>
    client.received
      .filter(({ method }) => method === "job/results")
      .flatMap(
        ({ params }) =>
          (params as { results: { index: number; error?: { data?: { name?: string }; message: string } }[] }).results,
      );
  await waitFor(() => results().length === 2);
  const [large, small] = results().sort((a, b) => a.index - b.index);
  assert.equal(large!.error?.data?.name, "PayloadTooLarge");
  assert.match(large!.error!.message, /the result takes 31457\d\d bytes/);
  assert.equal(small!.error, undefined);
});

test("a worker host without fragments is sent one frame at most: a larger task fails alone", async (t) => {
  const perl = join(root, "examples/runtimes/host.pl");
  const { open } = await serve(t, "--max-message-bytes", String(MiB), "--runtime", `perl=perl ${perl}`);
  const client = await open("frames", { capabilities: { maxPayloadBytes: 2 ** 32 - 1 } });
  const [pool, job] = [`pool:${client.session}.1`, `job:${client.session}.2`];
  await client.request("pool/create", { pool, processes: 1 });
  await client.request("job/create", {
    job,
    pool,
    target: { source: "sub { length $_[0] }", runtime: "perl" },
    mode: "map",
  });
  const submit = (index: number, bytes: number) => {
    const items = Buffer.concat([Buffer.from([0x91]), bin(Buffer.alloc(bytes))]);
    const message = encodeMessage({ id: 20 + index, method: "job/submit", params: { job, tasks: [{ index, items }] } });
    const parts: Buffer[] = [];
    for (let at = 0; at < message.length; at += MiB / 2) {
      const piece = message.subarray(at, at + MiB / 2);
      parts.push(at === 0 ? fragment(head(message.length, 20 + index), piece) : fragment(piece));
    }
    client.socket.write(Buffer.concat(parts));
  };
  submit(0, 1000);
  submit(1, 2 * MiB);
  submit(2, 1000);
  const results = () =>
    client.received
      .filter(({ method }) => method === "job/results")
      .flatMap(
        ({ params }) =>
          (params as { results: { index: number; pid: number; error?: { data?: { name?: string } } }[] }).results,
      );
  await waitFor(() => results().length === 3);
  const [before, large, after] = results().sort((a, b) => a.index - b.index);
  assert.deepEqual([before!.error, large!.error?.data?.name, after!.error], [undefined, "PayloadTooLarge", undefined]);
  assert.equal(before!.pid, after!.pid);
});

test("a message waits while the server's memory is full, and goes on when there is room", async (t) => {
  const { open } = await serve(t, "--max-memory-bytes", String(64 * MiB), "--max-payload-bytes", String(40 * MiB));
  const producer = await open("frames", { capabilities: { maxPayloadBytes: 2 ** 32 - 1 } });
  const consumer = await open("frames", { capabilities: { maxPayloadBytes: 2 ** 32 - 1 } });
  const queue = `queue:${producer.session}.1`;
  await producer.request("queue/create", { queue });
  await consumer.request("handle/retain", { handle: queue });
  for (const id of [11, 12, 13]) producer.socket.write(put(queue, 30 * MiB, id));
  assert.equal((await producer.answer(11)).error, undefined);
  for (let i = 0; i < 3; i++) {
    const { result, error } = await within(consumer.request("queue/get", { queue }), `item ${i}`);
    assert.equal(error, undefined);
    assert.equal(result.items[0].length, 30 * MiB + 5);
    const { heldBytes } = (await consumer.request("server/status")).result;
    assert.ok(heldBytes <= 80 * MiB, `${heldBytes} bytes held`);
  }
  assert.equal((await producer.answer(13)).error, undefined);
});

test("a run's result and a map's answer that are too large for a reader fail alone", async (t) => {
  const { open } = await serve(t, "--max-message-bytes", String(2 * MiB));
  const client = await open("json");
  const run = `run:${client.session}.1`;
  await client.request("run/start", { run, target: { module, export: "bytes" }, items: [3 * MiB, 5], processes: 1 });
  await client.request("run/wait", { run });
  const { result } = await client.request("run/read", { run, since: 0 });
  const entries = (
    result as { entries: { index: number; state: string; error?: { data?: { name?: string } }; value?: unknown }[] }
  ).entries.sort((a, b) => a.index - b.index);
  assert.deepEqual(
    entries.map(({ state, error }) => [state, error?.data?.name]),
    [
      ["done", "PayloadTooLarge"],
      ["done", undefined],
    ],
  );
  const able = await open("frames", { capabilities: { maxPayloadBytes: 2 ** 32 - 1 } });
  await able.request("handle/retain", { handle: run });
  const whole = (await able.request("run/read", { run, since: 0 })).result as {
    entries: { index: number; value?: Uint8Array }[];
  };
  assert.ok(whole.entries.find(({ index }) => index === 0)!.value!.length > 3 * MiB);
  // Each is small enough, all together are not.
  const { error } = await client.request("pool/map", {
    target: { module, export: "bytes" },
    items: [MiB, MiB, MiB],
    processes: 1,
  });
  assert.equal(error?.data?.["name"], "PayloadTooLarge");
  assert.match(error!.message, /the list of all results takes 3145\d{3} bytes/);
  assert.equal((await client.request("server/status")).error, undefined);
});
