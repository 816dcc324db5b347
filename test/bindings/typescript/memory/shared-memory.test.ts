import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import {
  connect,
  Pool,
  Queue,
  SharedArray,
  SharedMemory,
  shutdown,
  task,
  Value,
  type Client,
} from "../../../../bindings/typescript/index.js";
import { waitFor, within } from "../../../deadline.js";
import { root } from "../../../fixture.js";
import { startUnixServer } from "../../../server/server-process.js";
import { needs } from "../../../tools/needs.js";
import { runPython } from "../../python/run-python.js";
import { memories } from "../fixtures/modules.js";
import { addMany, fillMemory, makeAndWait } from "../fixtures/memories.js";

const skip = process.platform === "linux" ? false : "not run elsewhere";
after(shutdown);

async function exists(mp: Client, handle: string): Promise<boolean> {
  return (await mp.connection.request("handle/exists", { handle })).exists;
}

describe("shared memory", { skip }, () => {
  test("is zeros at first, and is read and written in every process that has it", async () => {
    await using memory = new SharedMemory({ bytes: 1_000_000 });
    assert.equal(await memory.size(), 1_000_000);
    assert.deepEqual(await memory.read(999_990), Buffer.alloc(10));
    await using pool = new Pool(1);
    await pool.apply(task(memories, fillMemory), [memory, 500_000, "from a worker"]);
    assert.equal((await memory.read(500_000, 13)).toString(), "from a worker");
    assert.ok(!readdirSync("/dev/shm").some((name) => name.startsWith("polyproc")), "it has no name");
  });

  test("refuses what is outside of it, and every use after close", async () => {
    const memory = new SharedMemory({ bytes: 10 });
    await assert.rejects(memory.read(5, 6), { name: "RangeError", message: /5 to 11.*has 10 bytes/ });
    await assert.rejects(memory.write(Buffer.alloc(1), 10), RangeError);
    await assert.rejects(memory.read(-1, 1), RangeError);
    await memory.close();
    await memory.close();
    await assert.rejects(memory.read(), { codeName: "Closed" });
    assert.throws(() => new SharedMemory({}), { message: /needs bytes/ });
    assert.throws(() => new SharedMemory({ bytes: 0 }), RangeError);
  });

  test("of a name is shared with other clients, and gone with the last of them", async (t) => {
    const { path } = await startUnixServer(t);
    await using one = await connect(`unix:${path}`);
    const other = await connect(`unix:${path}`);
    await assert.rejects(new one.SharedMemory({ name: "frames" }).size(), { codeName: "UnknownHandle" });
    const made = new one.SharedMemory({ name: "frames", bytes: 100 });
    await made.write(Buffer.from("hello"));
    const shared = new other.SharedMemory({ name: "frames" });
    assert.equal((await shared.read(0, 5)).toString(), "hello");
    await assert.rejects(new other.SharedMemory({ name: "frames", bytes: 101 }).size(), { codeName: "BadState" });
    await made.close();
    assert.equal((await shared.read(0, 5)).toString(), "hello");
    await other.close();
    await waitFor(async () => !(await exists(one, "memory:@frames")));
  });

  test("outlives the process that made it while another has it, and a killed process leaves none", async (t) => {
    const { path } = await startUnixServer(t);
    await using mp = await connect(`unix:${path}`);
    const [made, ready] = [new mp.Queue<SharedMemory>(), new mp.Event()];
    const child = new mp.Process({ target: task(memories, makeAndWait), args: [made, ready] });
    await child.start();
    const kept = await made.get();
    await ready.wait();
    await child.kill();
    await child.join();
    assert.equal((await kept.read(0, 4)).toString(), "kept");
    await waitFor(async () => !(await exists(mp, "memory:@dropped")));
    const { handle } = kept;
    await kept.close();
    await waitFor(async () => !(await exists(mp, handle)));
  });

  test("is one with Python's of the same name, and travels to Python as an argument", needs("python3"), async (t) => {
    const { path } = await startUnixServer(t);
    await using mp = await connect(`unix:${path}`);
    const memory = new mp.SharedMemory({ name: "both", bytes: 64 });
    await memory.write(Buffer.from("from node"));
    const fixture = join(root, "test", "bindings", "python", "fixtures", "memory_by_name.py");
    const { status, stdout, stderr } = await within(runPython([fixture, `unix:${path}`, "both"]), "Python");
    assert.deepEqual([status, stdout], [0, "from node\n"], stderr);
    assert.equal((await memory.read(0, 11)).toString(), "from python");
    await using pool = new mp.Pool(1);
    const unnamed = new mp.SharedMemory({ bytes: 8 });
    const target = { source: "lambda m: bytes(m.buf[:2]).decode() + str(m.size)", runtime: "python" };
    await unnamed.write(Buffer.from("ok"));
    assert.equal(await pool.apply(target, [unnamed]), "ok8");
  });
});

describe("shared numbers", { skip }, () => {
  test("begin with their values, and travel with their type and their lock", async () => {
    const floats = new SharedArray("float64", [1.5, 2.5, 3.5]);
    const count = new Value("int64", 7n);
    const queue = new Queue<[SharedArray<"float64">, SharedArray<"float64">, Value<"int64">]>();
    await queue.put([floats, floats, count]);
    const [one, same, number] = await queue.get();
    assert.equal(one, same);
    assert.ok(one instanceof SharedArray && number instanceof Value);
    assert.deepEqual(await one.read(), new Float64Array([1.5, 2.5, 3.5]));
    await number.set(8n);
    assert.equal(await count.get(), 8n);
    await one.write([9, 10], 1);
    assert.deepEqual([one.length, await floats.get(2)], [3, 10]);
    await assert.rejects(floats.get(3), RangeError);
    assert.equal(number.lock.handle, count.lock.handle);
    assert.throws(() => new SharedArray("int" as "int32", 3), { message: /must be one of int8.*got int/ });
  });

  test("lose no change that is made with their lock held", async () => {
    const [counter, cells] = [new Value("uint32"), new SharedArray("uint32", 2)];
    await using pool = new Pool(2);
    await Promise.all([1, 2].map(() => pool.apply(task(memories, addMany), [50, counter, cells])));
    assert.equal(await counter.get(), 100);
    assert.deepEqual(await cells.read(), new Uint32Array([0, 100]));
  });

  test("of a name are shared; the first one's values stay", async (t) => {
    const { path } = await startUnixServer(t);
    await using one = await connect(`unix:${path}`);
    await using other = await connect(`unix:${path}`);
    const first = new one.Value("int32", 5, { name: "n" });
    assert.equal(await first.get(), 5);
    const second = new other.Value("int32", 6, { name: "n" });
    assert.equal(await second.get(), 5);
    assert.equal(second.lock.handle, "lock:@n");
  });
});
