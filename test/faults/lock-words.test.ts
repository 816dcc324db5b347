import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { before, suite, test } from "node:test";
import { task, type Client, type Lock, type Process, type RLock } from "polyproc";
import { hasNative } from "../../native/load.js";
import { waitFor, within } from "../deadline.js";
import { root } from "../fixture.js";
import { temporaryFolder } from "../temporary-folder.js";
import { needs } from "../tools/needs.js";
import * as tasks from "./lock-words.js";
import { setStage } from "./stage.js";

const meta = { url: new URL("./lock-words.js", import.meta.url).href };
const python = (name: string) => ({ module: join(root, "test", "faults", "lock_words.py"), export: name });
const targets = {
  Node: { dieAt: task(meta, tasks.dieAt), queueUp: task(meta, tasks.queueUp), contend: task(meta, tasks.contend) },
  Python: { dieAt: python("die_at"), queueUp: python("queue_up"), contend: python("contend") },
};
type Language = keyof typeof targets;

/** The lock is free, and exactly one of its next holders learns of a death. */
async function tellsOf(deaths: number, lock: Lock | RLock): Promise<void> {
  assert.equal(await within(lock.acquire(), "the lock of the dead"), true);
  assert.equal(lock.ownerDied, deaths > 0);
  await lock.release();
  for (let i = 0; i < 2; i++) {
    await lock.acquire();
    assert.equal(lock.ownerDied, false, "told once only");
    await lock.release();
  }
}

async function start(mp: Client, target: unknown, args: unknown[]): Promise<Process> {
  const process = new mp.Process({ target: target as never, args: args as never });
  await process.start();
  return process;
}

const tools = needs("python3", "c++", "headers of Node", "headers of Python");

suite("a lock with a word", tools, () => {
  before(() => assert.ok(hasNative(), "the runner of the tests builds the native code"));

  const steps: [language: Language, step: string, deaths: number][] = [
    ["Node", "swapped", 1],
    ["Node", "inside", 1],
    ["Node", "inside three times", 1],
    ["Node", "released", 0],
    ["Python", "inside", 1],
    ["Python", "inside three times", 1],
    ["Python", "released", 0],
  ];
  test("is free after a death at each step, and the next holder is told if the dead one held it", async (t) => {
    const { mp } = await setStage(t);
    for (const [language, step, deaths] of steps) {
      await t.test(`${language}: ${step}`, async () => {
        const lock = step.includes("three") ? new mp.RLock() : new mp.Lock();
        await tellsOf(0, lock);
        const dying = await start(mp, targets[language].dieAt, [lock, step]);
        await within(dying.join(), "the end of the process");
        assert.equal(dying.exitCode, -9);
        await tellsOf(deaths, lock);
      });
    }
  });

  test("skips a waiter that was killed, and reports one that was killed before it read its answer", async (t) => {
    const { mp } = await setStage(t);
    for (const grants of [false, true]) {
      const lock = new mp.Lock();
      await tellsOf(0, lock);
      await lock.acquire();
      const waiting = await start(mp, task(meta, tasks.stopWaiting), [lock]);
      await waitFor(async () => (await lock.status()).waiters === 1, { what: "the waiter" });
      await waitFor(() => /\nState:\s+T/.test(readFileSync(`/proc/${waiting.pid}/status`, "utf8")), {
        what: "its stop",
      });
      const mine = (await lock.status()).holder;
      if (grants) {
        await lock.release();
        await waitFor(async () => ![null, mine].includes((await lock.status()).holder), { what: "the handing over" });
      }
      await waiting.kill();
      await within(waiting.join(), "the end of the waiter");
      if (!grants) await lock.release();
      await tellsOf(grants ? 1 : 0, lock);
    }
  });

  test("is handed to waiters of both languages in the order in which they came", async (t) => {
    const { mp } = await setStage(t);
    const folder = temporaryFolder(t);
    const lock = new mp.RLock();
    await tellsOf(0, lock);
    await lock.acquire();
    const waiting: Process[] = [];
    for (const language of ["Node", "Python", "Python", "Node"] as const) {
      waiting.push(await start(mp, targets[language].queueUp, [lock, folder, String(waiting.length)]));
      await waitFor(async () => (await lock.status()).waiters === waiting.length, { what: "a waiter" });
    }
    await lock.release();
    for (const process of waiting) await within(process.join(), "a waiter's turn");
    assert.equal(readFileSync(join(folder, "order"), "utf8"), "0123");
  });

  test("lets in one process at a time while processes of both languages are killed at any moment", async (t) => {
    const { mp } = await setStage(t);
    const folder = temporaryFolder(t);
    const read = (name: string) => (existsSync(join(folder, name)) ? readFileSync(join(folder, name), "utf8") : "");
    const lock = new mp.Lock();
    const begun = new mp.Event();
    await begun.set();
    const running = new Map<Language, Process[]>([
      ["Node", []],
      ["Python", []],
    ]);
    const add = async (language: Language) => {
      running.get(language)!.push(await start(mp, targets[language].contend, [lock, folder, begun]));
    };
    for (const language of ["Node", "Python", "Node", "Python"] as const) await add(language);
    const kills = 12;
    for (let killed = 0; killed < kills; killed++) {
      const language = killed % 2 === 0 ? "Node" : "Python";
      const [begin, mark] = [read("sections").length, language === "Node" ? "n" : "p"];
      await waitFor(() => read("sections").slice(begin).split(mark).length > 20, { what: `sections of ${language}` });
      const victim = running.get(language)!.shift()!;
      await victim.kill();
      await add(language);
    }
    const begin = read("sections").length;
    await waitFor(() => read("sections").length > begin + 50, { what: "sections after the last death" });
    const last = [...running.values()].flat();
    for (const process of last) {
      await process.kill();
      await within(process.join(), "the end of a process");
    }
    assert.equal(read("violations"), "");
    const [told, deaths] = [read("told").length, kills + last.length];
    assert.ok(told <= deaths, `${told} holders were told of ${deaths} deaths`);
    assert.equal(await within(lock.acquire(), "the lock at the end"), true);
  });

  test("is lost when a client writes anything into the page; the server and other locks are not", async (t) => {
    const { mp } = await setStage(t);
    const lock = new mp.Lock();
    await tellsOf(0, lock);
    const scribbler = await start(mp, task(meta, tasks.scribble), [lock]);
    const using = (async () => {
      while (scribbler.exitCode === null) {
        const other = new mp.RLock();
        await other.acquire({ timeoutMs: 10 }).catch(() => {});
        await other.release().catch(() => {});
        await lock.status();
        await scribbler.isAlive();
      }
    })();
    await within(scribbler.join(), "the end of the process");
    assert.equal(scribbler.exitCode, 0);
    await within(using, "answers");
    for (let i = 0; i < 20; i++) await within(tellsOf(0, new mp.Lock()), "a lock that is made afterwards");
  });
});
