/**
 * Takes a recursive lock twice, and releases it twice; at one access to the page of locks its session is ended, or the
 * process is killed: `lock-steps.js ADDRESS FOLDER end`, `lock-steps.js ADDRESS FOLDER kill N`. `lock_steps.py` has the
 * same for Python.
 */
import { existsSync, mkdirSync, readdirSync, readlinkSync, writeSync } from "node:fs";
import { join } from "node:path";
import { connect, PolyprocError, type RLock } from "polyproc";
import { pageBytes } from "../../../protocol/lock-words.js";

const [address, folder, how, only] = process.argv.slice(2) as [string, string, "end" | "kill", string?];

let left = 0;
let act = (): void => {};

/** Before each access. */
function step(memory: unknown): void {
  if (memory instanceof Int32Array && memory.byteLength === pageBytes && left > 0 && --left === 0) act();
}

for (const name of ["load", "store", "compareExchange", "add", "sub"] as const) {
  const original = Atomics[name] as (...args: unknown[]) => unknown;
  Object.assign(Atomics, {
    [name]: (...args: unknown[]) => {
      step(args[0]);
      return original(...args);
    },
  });
}

/** Descriptors by what they are: a number may be used again. */
function sockets(): Map<string, number> {
  const found = new Map<string, number>();
  for (const fd of readdirSync("/proc/self/fd")) {
    try {
      const link = readlinkSync(`/proc/self/fd/${fd}`);
      if (link.startsWith("socket:")) found.set(link, Number(fd));
    } catch {
      // It was the folder's own.
    }
  }
  return found;
}

async function nested(lock: RLock): Promise<void> {
  await lock.acquire();
  await lock.acquire();
  await lock.release();
  await lock.release();
}

function endSession(socket: number, at: number): void {
  // No message in any framing: the server ends the session.
  writeSync(socket, Buffer.from("\xff\xff\xff\xff\xff\xff\xff\xff\r\n\r\n", "latin1"));
  mkdirSync(join(folder, `reached-${at}`));
  const sleeping = new Int32Array(new SharedArrayBuffer(4));
  while (!existsSync(join(folder, `go-${at}`))) Atomics.wait(sleeping, 0, 0, 2);
}

/** Resolves with whether the access was reached. */
async function run(at: number): Promise<boolean> {
  const before = sockets();
  const client = await connect(address);
  const lock = new client.RLock({ name: `${at}` });
  await nested(lock);
  const [, socket] = [...sockets()].find(([link]) => !before.has(link))!;
  act = how === "end" ? () => endSession(socket, at) : () => process.kill(process.pid, "SIGKILL");
  left = at;
  await nested(lock).catch((error: unknown) => {
    if (!(error instanceof PolyprocError)) throw error;
  });
  const reached = left === 0;
  left = 0;
  await client.close();
  return reached;
}

if (how === "kill") await run(Number(only));
else for (let at = 1; await run(at); at++) console.log(at);
console.log("over");
