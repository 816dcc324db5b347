import assert from "node:assert/strict";
import { test } from "node:test";
import { Client } from "../../../bindings/typescript/client.js";
import { Connection } from "../../../bindings/typescript/session/connection.js";
import { startPrivateServer } from "../../../bindings/typescript/session/embedded.js";
import { Cancelled, Closed, command, SpawnFailed, wait } from "../../../bindings/typescript/index.js";
import { within } from "../../deadline.js";

interface Unopened {
  mp: Client;
  /** Lets the connection open. */
  open(): void;
  /** Lets it fail to open. */
  fail(error: Error): void;
}

/** A session whose server starts only when the test says so. */
function unopened(t: { after(clean: () => Promise<void>): void }): Unopened {
  let open = () => {};
  let fail = (_error: Error) => {};
  const gate = new Promise<void>((resolve, reject) => {
    open = resolve;
    fail = reject;
  });
  gate.catch(() => {});
  const mp = new Client(
    new Connection(async (connection) => {
      await gate;
      return startPrivateServer(connection);
    }),
  );
  t.after(() => {
    open();
    return mp.close();
  });
  return { mp, open, fail };
}

const echo = (x: number) => x;
const reason = new Error("no longer wanted");

/** Rejects with Cancelled for this very reason, and soon. */
async function rejectsWith(promise: PromiseLike<unknown>, expected: unknown, what: string): Promise<void> {
  await within(
    assert.rejects(Promise.resolve(promise), (error) => error instanceof Cancelled && error.cause === expected, what),
    what,
  );
}

test("calls that are cancelled before the server is up fail with Cancelled, and never run", async (t) => {
  const { mp, open } = unopened(t);
  const pool = new mp.Pool(1);
  const counter = new mp.Semaphore(0);
  const count = async (semaphore: { release(): Promise<void> }) => semaphore.release();

  const applied = pool.applyAsync(count, [counter]);
  const mapped = pool.mapAsync(count, [counter, counter], { chunkSize: 1 });
  const kept = pool.applyAsync(echo, [3]);
  const aborted = pool.applyAsync(count, [counter], { signal: AbortSignal.abort() });
  const passed = pool.mapAsync(count, [counter], { signal: AbortSignal.timeout(1) });
  applied.cancel();
  mapped.cancel();
  // The server is not up, so nothing but the binding can have ended these.
  for (const result of [applied, mapped, aborted, passed])
    await within(assert.rejects(result.get(), Cancelled), "a cancelled call");

  open();
  assert.equal(await kept, 3);
  assert.equal(await pool.apply(echo, [4]), 4);
  assert.equal(await counter.value(), 0);
  await pool.terminate();
});

test("of the calls of one function only the cancelled one is cancelled", async (t) => {
  const { mp, open } = unopened(t);
  const pool = new mp.Pool(1);
  const results = [1, 2, 3].map((x) => pool.applyAsync(echo, [x]));
  results[1]!.cancel();
  open();
  assert.deepEqual(
    await Promise.allSettled(results.map((one) => one.get())).then((all) =>
      all.map((one) => (one.status === "fulfilled" ? one.value : (one.reason as Error).name)),
    ),
    [1, "Cancelled", 3],
  );
  await pool.terminate();
});

test("a pool that is terminated before the server has started cancels its pending tasks", async (t) => {
  const { mp, open } = unopened(t);
  const pool = new mp.Pool(1);
  const results = [pool.applyAsync(echo, [1]), pool.mapAsync(echo, [1, 2, 3])];
  const looped = pool.imap(echo, [1, 2]).next();
  const terminated = pool.terminate();
  for (const result of [...results, looped])
    await within(assert.rejects(Promise.resolve(result), Cancelled), "the end of a terminated call");
  open();
  await within(terminated, "the pool's end");
  await pool.join();
});

test("a pool that is closed before the server has started runs the submitted tasks", async (t) => {
  const { mp, open } = unopened(t);
  const pool = new mp.Pool(1);
  const results = [pool.applyAsync(echo, [1]), pool.mapAsync(echo, [2, 3])] as const;
  const closed = pool.close();
  open();
  await closed;
  await pool.join();
  assert.deepEqual(await Promise.all(results), [1, [2, 3]]);
});

test("imap with a signal that fires before the server is up rejects with Cancelled", async (t) => {
  const { mp } = unopened(t);
  const pool = new mp.Pool(1);
  const controller = new AbortController();
  const results = pool.imap(echo, [1, 2], { signal: controller.signal });
  const next = results.next();
  controller.abort(reason);
  await rejectsWith(next, reason, "the waiting next()");
  await rejectsWith(
    pool.imapUnordered(echo, [1, 2], { signal: AbortSignal.abort(reason) }).next(),
    reason,
    "next() after the signal",
  );
});

test("every wait with a signal ends with Cancelled before the server is up, and asks for nothing later", async (t) => {
  const { mp, open } = unopened(t);
  const lock = new mp.Lock();
  const rlock = new mp.RLock();
  const semaphore = new mp.Semaphore(1);
  const event = new mp.Event();
  const condition = new mp.Condition();
  const barrier = new mp.Barrier(1);
  const queue = new mp.Queue<number>();
  const bounded = new mp.Queue<number>(1);
  const joinable = new mp.JoinableQueue<number>();
  const [here, there] = mp.Pipe<number>();
  const child = new mp.Process({ target: () => {} });
  const started = child.start();
  const pool = new mp.Pool(1);
  const waits: Record<string, (signal: AbortSignal) => Promise<unknown>> = {
    "Lock.acquire": (signal) => lock.acquire({ signal }),
    "Lock.use": (signal) => lock.use(() => {}, { signal }),
    "RLock.acquire": (signal) => rlock.acquire({ signal }),
    "Semaphore.acquire": (signal) => semaphore.acquire({ signal }),
    "Event.wait": (signal) => event.wait({ signal }),
    "Condition.acquire": (signal) => condition.acquire({ signal }),
    "Condition.wait": (signal) => condition.wait({ signal }),
    "Barrier.wait": (signal) => barrier.wait({ signal }),
    "Queue.put": (signal) => queue.put(1, { signal }),
    "Queue.putMany": (signal) => queue.putMany([1], { signal }),
    "Queue.put with a limit": (signal) => bounded.put(1, { signal }),
    "Queue.get": (signal) => queue.get({ signal }),
    "JoinableQueue.join": (signal) => joinable.join({ signal }),
    "PipeEnd.send": (signal) => here.send(1, { signal }),
    "PipeEnd.recv": (signal) => here.recv({ signal }),
    "PipeEnd.poll": (signal) => there.poll({ signal }),
    "Pool.apply": (signal) => pool.apply(echo, [1], { signal }),
    "Pool.map": (signal) => pool.map(echo, [1], { signal }),
    "Pool.imap": (signal) => pool.imap(echo, [1], { signal }).next(),
    "Process.join": (signal) => child.join({ signal }),
    wait: (signal) => wait([here], { signal }),
  };
  for (const [name, begin] of Object.entries(waits)) {
    const controller = new AbortController();
    const waiting = begin(controller.signal);
    controller.abort(reason);
    await rejectsWith(waiting, reason, name);
    await rejectsWith(begin(AbortSignal.abort(reason)), reason, `${name}, after the signal`);
  }
  open();
  await started;
  await child.join();
  assert.equal(await lock.locked(), false);
  assert.equal(await rlock.locked(), false);
  assert.equal(await semaphore.value(), 1);
  assert.equal(await queue.size(), 0);
  assert.equal(await bounded.size(), 0);
  assert.equal(await there.poll(), false);
  assert.equal(await barrier.waiting(), 0);
});

test("requests made before the server has started are sent in order, with a signal or without", async (t) => {
  const { mp, open } = unopened(t);
  const queue = new mp.Queue<number>();
  const { signal } = new AbortController();
  const [here, there] = mp.Pipe<number>();
  const all = [
    queue.put(1, { signal }),
    queue.put(2),
    queue.putMany([3, 4]),
    queue.put(5, { signal }),
    here.send(1),
    here.send(2, { signal }),
    here.send(3),
  ];
  open();
  await Promise.all(all);
  assert.deepEqual(await queue.getMany(10), [1, 2, 3, 4, 5]);
  assert.deepEqual([await there.recv(), await there.recv(), await there.recv()], [1, 2, 3]);
});

test("a session that is closed before its server has started serves earlier requests first", async (t) => {
  const { mp, open } = unopened(t);
  const queue = new mp.Queue<number>();
  const put = queue.put(1);
  const pool = new mp.Pool(1);
  const applied = pool.applyAsync(echo, [1]);
  const closed = mp.close();
  open();
  await within(closed, "the session's end");
  await put;
  await within(applied.wait(), "the end of a call whose session was closed");
  await within(assert.rejects(queue.put(2), Closed), "a put after the end");
  await within(assert.rejects(queue.get({ signal: new AbortController().signal }), Closed), "a get after the end");
});

test("a session that is closed while children start ends, also when they cannot be started", async (t) => {
  const { mp, open } = unopened(t);
  const children = [true, false].map((daemon) => new mp.Process({ target: command("/no/such/program"), daemon }));
  const started = children.map((child) => child.start());
  for (const one of started) one.catch(() => {});
  const closed = mp.close();
  open();
  await within(closed, "the session's end");
  for (const one of started) await within(assert.rejects(one, SpawnFailed), "start");
});

test("a server that cannot be started fails all that waits for it with the reason", async (t) => {
  const { mp, fail } = unopened(t);
  const pool = new mp.Pool(1);
  const lock = new mp.Lock();
  const child = new mp.Process({ target: () => {} });
  const trouble = new SpawnFailed("SpawnFailed", "no server today");
  function* endless() {
    for (let i = 0; ; i++) yield i;
  }
  const results = pool.imap(echo, endless(), { returnExceptions: true });
  const waiting = {
    apply: pool.apply(echo, [1]),
    map: pool.map(echo, [1, 2]),
    acquire: lock.acquire(),
    start: child.start(),
    terminate: pool.terminate(),
  };
  for (const one of Object.values(waiting)) one.catch(() => {});
  fail(trouble);
  await within(assert.rejects(waiting.acquire, SpawnFailed), "acquire");
  await within(assert.rejects(waiting.start, SpawnFailed), "start");
  await within(assert.rejects(waiting.apply, Cancelled), "apply, whose pool was terminated first");
  await within(assert.rejects(waiting.map, Cancelled), "map, whose pool was terminated first");
  await within(assert.rejects(waiting.terminate), "terminate");
  let read = 0;
  for (
    let one = await within(results.next(), "imap");
    !one.done && read < 1000;
    one = await within(results.next(), "imap")
  )
    read++;
  assert.ok(read < 1000, "it yields errors without end");
  await assert.rejects(lock.acquire(), SpawnFailed);
  await assert.rejects(new mp.Lock().acquire(), Closed);
});
