/** What processes do with a lock that has a word; `lock_words.py` has the same for Python. */
import { appendFileSync, closeSync, openSync, rmSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import type { Event, Lock, RLock } from "polyproc";
import { mapShared } from "../../native/load.js";
import { cellLength, cellsAt, pageBytes, partyOf } from "../../protocol/lock-words.js";

/** Kills its own process at this step. */
export async function dieAt(lock: Lock | RLock, step: string): Promise<void> {
  await lock.use(() => {});
  if (step === "swapped") await swap(lock);
  if (step === "inside") await lock.useSync(die);
  if (step === "inside three times") await lock.useSync(() => lock.useSync(() => lock.useSync(die)));
  if (step === "released") await lock.useSync(() => {});
  die();
}

/** Takes the lock as the binding does, up to the look whether the session lives. */
async function swap({ connection, handle }: Lock | RLock): Promise<void> {
  const { words } = await connection.request("lock/attach", {});
  const { cell } = await connection.request("lock/acquire", { lock: handle, owner: "p9" });
  await connection.request("lock/release", { lock: handle, owner: "p9" });
  const fd = openSync(words!.path, "r+");
  const page = new Int32Array(mapShared(fd, pageBytes)!);
  const before = Atomics.compareExchange(page, cellsAt + cell! * cellLength, 0, partyOf(words!.number, 0));
  if (before !== 0) throw new Error(`the lock was not free: ${before}`);
}

/** Writes anything anywhere into the page, again and again. */
export async function scribble({ connection }: Lock): Promise<void> {
  const { words } = await connection.request("lock/attach", {});
  const page = new Int32Array(mapShared(openSync(words!.path, "r+"), pageBytes)!);
  for (let i = 0; i < 400; i++) {
    for (let n = 0; n < 1000; n++) {
      // Most of it where the first locks are.
      const at = n % 2 === 0 ? cellsAt + (n % (8 * cellLength)) : Math.floor(Math.random() * page.length);
      Atomics.store(page, at, Math.floor(Math.random() * 2 ** 32));
    }
    await new Promise(setImmediate);
  }
}

function die(): never {
  process.kill(process.pid, "SIGKILL");
  throw new Error("it was killed before this");
}

/** Waits for the lock; writes its name once it holds it. */
export async function queueUp(lock: Lock | RLock, folder: string, name: string): Promise<void> {
  await lock.use(() => appendFileSync(join(folder, "order"), name));
}

/** Waits for the lock, and is stopped while it waits. */
export async function stopWaiting(lock: Lock | RLock): Promise<void> {
  const acquired = lock.acquire();
  lock.connection.flush();
  // Once the request is handled, this is answered.
  await lock.status();
  process.kill(process.pid, "SIGSTOP");
  await acquired;
}

/** Takes and releases the lock until it is killed, in every way that the binding has. */
export async function contend(lock: Lock, folder: string, begun: Event): Promise<void> {
  await begun.wait();
  for (let i = 0; ; i++) {
    const dice = Math.random();
    if (dice < 0.5) await lock.useSync(() => section(lock, folder));
    else if (dice < 0.75) await lock.use(() => section(lock, folder));
    else {
      await lock.acquire();
      section(lock, folder);
      await lock.release();
    }
    if (i % 16 === 0) await new Promise(setImmediate);
  }
}

/** Only the holder may make the file "inside". If a holder has died, it may have left the file. */
function section(lock: Lock, folder: string): void {
  const inside = join(folder, "inside");
  if (lock.ownerDied) {
    appendFileSync(join(folder, "told"), "x");
    rmSync(inside, { force: true });
  }
  try {
    closeSync(openSync(inside, "wx"));
  } catch {
    appendFileSync(join(folder, "violations"), `node ${process.pid}\n`);
    return;
  }
  appendFileSync(join(folder, "sections"), "n");
  unlinkSync(inside);
}
