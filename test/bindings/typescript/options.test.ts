import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Barrier,
  command,
  connect,
  JoinableQueue,
  Lock,
  Pipe,
  Pool,
  Process,
  Queue,
  Semaphore,
  SimpleQueue,
  wait,
} from "../../../bindings/typescript/index.js";

const double = (n: number): number => n * 2;

/** As JavaScript calls it: no type says that the option is wrong. */
type Untyped = any; // oxlint-disable-line no-explicit-any

const lock: Untyped = new Lock();
const queue: Untyped = new Queue();
const [end]: Untyped[] = Pipe();
const pool: Untyped = new Pool(1);

const wrong: [what: string, call: () => unknown, message: RegExp][] = [
  ["a pool", () => new Pool(1, { maxTasks: 2 } as Untyped), /^Pool has no option "maxTasks"\..* Its options: init/],
  ["a pool's settings", () => new Pool({ concurrency: 2 } as Untyped), /Did you mean processes\? Its options: proc/],
  ["apply", () => pool.apply(double, [1], { timeout: 5 }), /Pool\.apply has no option "timeout".*mean timeoutMs\?/],
  ["apply, with Python's kwargs", () => pool.apply(double, [1], { b: 5 }), /"b"\. Its options: kwargs, /],
  ["applyAsync", () => pool.applyAsync(double, [1], { retry: 1 }), /Did you mean retries\?/],
  ["map", () => pool.map(double, [1], { chunksize: 3 }), /Pool\.map has no.*Did you mean chunkSize\?/],
  ["starmap", () => pool.starmap(double, [[1]], { lookAhead: 3 }), /Pool\.starmap has no option "lookAhead"\. Its/],
  ["imap", () => pool.imap(double, [1], { callback: double }), /Pool\.imap has no option "callback"/],
  ["a process", () => new Process({ arguments: [1] } as Untyped), /^Process has no option "arguments"/],
  ["terminate", () => new Process().terminate({ grace: 1 } as Untyped), /Did you mean graceMs\?/],
  ["a queue", () => new Queue({ maxsize: 3 } as Untyped), /Queue has no option "maxsize"\. Did you mean maxSize\?/],
  ["a joinable queue", () => new JoinableQueue(1, { nam: "x" } as Untyped), /JoinableQueue.*Did you mean name\?/],
  ["a simple queue", () => new SimpleQueue({ maxSize: 3 } as Untyped), /SimpleQueue has no option "maxSize"\. Its/],
  [
    "a barrier",
    () => new Barrier(2, { timeout: 3 } as Untyped),
    /Barrier has no option "timeout"\. Did you mean timeo/,
  ],
  ["a semaphore", () => new Semaphore(2, { bounded: true } as Untyped), /Semaphore has no option "bounded"/],
  ["acquire", () => lock.acquire({ timeout: 3 }), /a wait has no option "timeout"\. Did you mean timeoutMs\?/],
  ["acquire, with Python's arguments", () => lock.acquire(false), /must be an object, such as \{ block: … \}; got fa/],
  ["get", () => queue.get({ blocking: false }), /a wait has no option "blocking"\. Did you mean block\?/],
  ["recv", () => end.recv({ block: false }), /a wait has no option "block"/],
  ["wait", () => wait([end], { timeout: 1 } as Untyped), /a wait has no option "timeout"/],
  ["connect", () => connect("unix:/nowhere", { tokn: "x" } as Untyped), /connect has no option "tokn".*mean token\?/],
  ["command", () => command("true", [], { maxOutput: 3 } as Untyped), /Did you mean maxOutputBytes\?/],
];

for (const [what, call, message] of wrong)
  test(`an option that does not exist is an error: ${what}`, async () => {
    await assert.rejects(async () => call(), { name: "TypeError", message });
  });

const values: [call: () => unknown, message: RegExp][] = [
  [() => new Pool(0), /^Pool: processes must be a whole number from 1 up; got 0$/],
  [() => new Pool({ processes: "4" } as Untyped), /processes must be a whole number from 1 up; got "4"$/],
  [() => new Pool(1, { maxTasksPerChild: -1 }), /^Pool: maxTasksPerChild must be a whole number from 1 up; got -1$/],
  [
    () => pool.map(double, [1], { timeoutMs: "5" }),
    /^Pool\.map: timeoutMs must be a number of milliseconds from 0 up; /,
  ],
  [() => pool.map(double, [1], { retries: -1 }), /retries must be a whole number from 0 up; got -1$/],
  [() => pool.map(double, [1], 3), /^the options of Pool\.map must be an object, such as \{ chunkSize: … \}; got 3$/],
  [() => pool.map(double, [1], { signal: new AbortController() }), /signal must be an AbortSignal; got an object/],
  [() => new Process({ onParentDeath: "stay" } as Untyped), /onParentDeath must be "end" or "continue"; got "stay"$/],
  [() => new Process({ args: 5 } as Untyped), /^Process: args must be an array; got 5$/],
  [() => pool.applyAsync(double, [1]).get({ timeoutMs: 5 }), /timeoutMs is a number of milliseconds/],
];

for (const [call, message] of values)
  test(`the value of an option is checked: ${message.source}`, async () => {
    await assert.rejects(async () => call(), { message });
  });

test("an infinite timeout is no timeout", async () => {
  await using two = new Pool(1);
  const result = two.applyAsync(double, [21]);
  assert.equal(await result.get(Infinity), 42);
});

// Compiled, never called: the compiler refuses what is wrong.
export async function types(typed: Pool): Promise<void> {
  // @ts-expect-error -- no such option
  await typed.apply(double, [1], { timeout: 5 });
  // @ts-expect-error -- keyword arguments are in `kwargs`
  await typed.apply(double, [1], { scale: 5 });
  // @ts-expect-error -- no such option
  await typed.map(double, [1], { timeout: 3 });
  // @ts-expect-error -- no such option
  typed.imap(double, [1], { callback: double });
  // @ts-expect-error -- no such option
  new Pool(1, { concurrency: 3 });
  // @ts-expect-error -- no such option
  new Process({ target: double, arguments: [1] });
  // @ts-expect-error -- no such option
  await new Lock().acquire({ timeout: 3 });
  const plain: number[] = await typed.map(double, [1], { timeoutMs: 3 });
  const either: (number | Error)[] = await typed.map(double, [1], { returnExceptions: true });
  const unknown: boolean = plain.length > 1;
  // @ts-expect-error -- there may be errors among the results
  const results: number[] = await typed.map(double, [1], { returnExceptions: unknown });
  void [either, results];
}
