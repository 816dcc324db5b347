import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { describe, test, type TestContext } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { connect, task, type Client } from "../../../../bindings/typescript/index.js";
import { RawClient } from "../../../server/clients.js";
import { waitFor } from "../../../deadline.js";
import { compiled } from "../../../fixture.js";
import { startUnixServer } from "../../../server/server-process.js";
import { mayMount } from "../../../server/os/bypass/may-mount.js";
import { needs } from "../../../tools/needs.js";
import {
  blocksInUse,
  dieOnce,
  echoLarge,
  isPattern,
  largeWhenCancelled,
  makeLarge,
  pattern,
  putLargeAndWait,
  waitForEver,
} from "../fixtures/large-payloads.js";
import { largePayloads } from "../fixtures/modules.js";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const skip = process.platform === "linux" ? false : "blocks are Linux's";

/** A client whose payloads go into blocks already. */
async function client(t: TestContext): Promise<Client> {
  const { path } = await startUnixServer(t);
  const mp = await connect(`unix:${path}`);
  t.after(() => mp.close().catch(() => {}));
  const queue = new mp.Queue<Uint8Array>();
  await queue.put(pattern(300_000, 1));
  await queue.get();
  await waitFor(() => (mp.connection.blocks?.bytes ?? 0) > 0);
  return mp;
}

describe("payloads in blocks", { skip }, () => {
  test("arrive unchanged as arguments, results, items and messages, and their pages are used again", async (t) => {
    const mp = await client(t);
    await using pool = new mp.Pool(2);
    const [queue, [one, other]] = [new mp.Queue<Uint8Array>(), mp.Pipe<Uint8Array>()];
    for (let i = 0; i < 60; i += 3) {
      const bytes = 130_000 + i * 1000;
      assert.ok(isPattern(await pool.apply(task(largePayloads, echoLarge), [pattern(bytes, i)]), bytes, i));
      await queue.put(pattern(bytes, i));
      assert.ok(isPattern(await queue.get(), bytes, i));
      await one.send(pattern(bytes, i));
      assert.ok(isPattern(await other.recv(), bytes, i));
    }
    assert.ok(mp.connection.blocks!.bytes <= 32 * 1024 * 1024, "60 payloads of 9 MiB together, and few segments");
    assert.ok(!readdirSync("/dev/shm").some((name) => name.startsWith("polyproc")), "nothing has a name");
  });

  test("can be changed by their sender after it has sent them, and by their receiver", async (t) => {
    const mp = await client(t);
    const queue = new mp.Queue<Uint8Array>();
    const sent = pattern(300_000, 5);
    const put = queue.put(sent);
    sent.fill(0);
    await put;
    const first = await queue.get();
    assert.ok(isPattern(first, 300_000, 5));
    first.fill(9);
    await queue.put(pattern(300_000, 6));
    assert.ok(isPattern(await queue.get(), 300_000, 6));
    assert.ok(first.every((byte) => byte === 9));
  });

  test("outlive the process that sent them", async (t) => {
    const mp = await client(t);
    const [queue, done] = [new mp.Queue<Uint8Array>(), new mp.Event()];
    const child = new mp.Process({ target: task(largePayloads, putLargeAndWait), args: [queue, done, 6] });
    await child.start();
    await done.wait();
    await child.kill();
    await child.join();
    for (let i = 0; i < 6; i++) assert.ok(isPattern(await queue.get(), 300_000, i));
  });

  test("are free, and arrive again, when their receiver is killed", async (t) => {
    const mp = await client(t);
    await using pool = new mp.Pool(1);
    for (let i = 0; i < 3; i++) {
      const tried = new mp.Queue<number>();
      const calls: [Uint8Array, typeof tried][] = [[pattern(3_000_000, i), tried]];
      assert.deepEqual(await pool.starmap(task(largePayloads, dieOnce), calls, { retries: 1 }), [3_000_000]);
    }
    // All of the segment is free: one payload fills most of it.
    const { bytes } = mp.connection.blocks!;
    await pool.apply(task(largePayloads, echoLarge), [pattern(7_000_000, 1)]);
    assert.equal(mp.connection.blocks!.bytes, bytes);
  });

  test("whose put is refused are free", async (t) => {
    const mp = await client(t);
    const queue = new mp.Queue<Uint8Array>(1);
    await queue.put(pattern(300_000, 1));
    const { bytes } = mp.connection.blocks!;
    for (let i = 0; i < 40; i++)
      await assert.rejects(queue.put(pattern(1_000_000, i), { block: false }), { codeName: "Full" });
    assert.equal(mp.connection.blocks!.bytes, bytes);
    assert.ok(isPattern(await queue.get(), 300_000, 1));
  });

  test("that are never sent are free", async (t) => {
    const mp = await client(t);
    await using pool = new mp.Pool(1);
    const before = mp.connection.blocks!.bytes;
    // The only worker stays in its first task, so all others wait for it.
    const running = new mp.Event();
    const results = [pool.apply(task(largePayloads, waitForEver), [running])];
    await running.wait();
    for (let i = 0; i < 30; i++) results.push(pool.apply(task(largePayloads, echoLarge), [pattern(1_000_000, i)]));
    await Promise.all([
      pool.terminate(),
      ...results.map((result) => assert.rejects(result, { codeName: "Cancelled" })),
    ]);
    await waitFor(() => {
      collectGarbage();
      return mp.connection.blocks!.size === 0;
    });
    assert.ok(mp.connection.blocks!.bytes >= before);
  });

  test("that hold results of cancelled tasks are free, and results that are not looked at", async (t) => {
    const mp = await client(t);
    await using pool = new mp.Pool(1);
    const inUse = async () => {
      collectGarbage();
      return (await pool.apply(task(largePayloads, blocksInUse), [])) === 0;
    };
    // The first large result is in its message: the worker has no memory for blocks yet.
    await pool.apply(task(largePayloads, makeLarge), [300_000]);
    for (let i = 0; i < 4; i++) {
      const [running, abort] = [new mp.Event(), new AbortController()];
      const result = pool.apply(task(largePayloads, largeWhenCancelled), [running], { signal: abort.signal });
      await running.wait();
      abort.abort();
      await assert.rejects(result, { codeName: "Cancelled" });
    }
    await waitFor(inUse);
    const sizes = Array.from({ length: 20 }, () => 300_000);
    for await (const result of pool.imap(task(largePayloads, makeLarge), sizes)) {
      assert.equal(result.length, 300_000);
      break;
    }
    await waitFor(inUse);
  });

  test("with objects in them keep these", async (t) => {
    const mp = await client(t);
    const queue = new mp.Queue<{ lock: InstanceType<Client["Lock"]>; data: Uint8Array }>();
    await queue.put({ lock: new mp.Lock(), data: pattern(300_000, 3) });
    const { lock, data } = await queue.get();
    assert.ok(isPattern(data, 300_000, 3));
    assert.equal(await lock.acquire(), true);
  });

  test("travel to Python and back", needs("python3"), async (t) => {
    const mp = await client(t);
    await using pool = new mp.Pool(1);
    const target = { source: "lambda data: data + b'!'", runtime: "python" };
    for (let i = 0; i < 5; i++) {
      const result = await pool.apply(target, [pattern(300_000, i)]);
      assert.ok(Buffer.concat([pattern(300_000, i), Buffer.from("!")]).equals(result as Buffer));
    }
  });

  test("reach clients that cannot open blocks, in JSON and in msgpack, as bytes", async (t) => {
    const { path } = await startUnixServer(t);
    await using mp = await connect(`unix:${path}`);
    const queue = new mp.Queue<Uint8Array>({ name: "large" });
    for (let i = 0; i < 4; i++) {
      await queue.put(pattern(300_000, i));
      await waitFor(() => (mp.connection.blocks?.bytes ?? 0) > 0);
    }
    for (const framing of ["json", "msgpack"] as const) {
      const raw = await RawClient.open(path, framing);
      await raw.request("queue/create", { queue: "queue:@large" });
      for (let i = 0; i < 2; i++) {
        const { result } = await raw.request("queue/get", { queue: "queue:@large" });
        const [item] = (result as { items: unknown[] }).items;
        const bytes = framing === "json" ? Buffer.from((item as { $bytes: string }).$bytes, "base64") : unpackBin(item);
        assert.ok(isPattern(bytes, 300_000, framing === "json" ? i : i + 2));
      }
      raw.close();
    }
  });
});

/** The bytes of a payload that is one msgpack `bin`. */
function unpackBin(payload: unknown): Uint8Array {
  return (payload as Uint8Array).subarray(5);
}

for (const [what, script] of [
  ["full", "mount -t tmpfs -o size=1m none /dev/shm && head -c 1000000 /dev/zero > /dev/shm/other"],
  ["tiny", "mount -t tmpfs -o size=1m none /dev/shm"],
  ["absent", "mount -t tmpfs -o ro,size=4k none /dev/shm"],
] as const)
  test(
    `with /dev/shm ${what}, large payloads arrive as before`,
    { skip: mayMount ? false : "this user may not mount a tmpfs" },
    () => {
      const program = compiled("test/bindings/typescript/bypass/fixtures/sends-large");
      const out = execFileSync("unshare", ["-m", "sh", "-c", `${script}; exec "$@"`, "sh", process.execPath, program], {
        encoding: "utf8",
        timeout: 60_000,
      });
      assert.equal(out, "20 arrived, 0 bytes of segments\n");
    },
  );
