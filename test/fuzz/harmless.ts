import { join } from "node:path";
import { root } from "../fixture.js";
import type { Random } from "../soak/random.js";

const fixtures = join(root, "test", "bindings", "python", "fixtures");

/** Everything that may be run: programs that do nothing but read their input, and functions that calculate. */
const programs = [{ command: "true" }, { command: "cat" }, { command: "sleep", args: ["0.1"] }, { command: "false" }];
const functions = [
  { module: join(fixtures, "functions.mjs"), export: "double" },
  { module: join(fixtures, "functions.mjs"), export: "absent" },
  { module: join(fixtures, "functions.py"), export: "square" },
  { source: "(n) => n", runtime: "node" },
  { source: "lambda n: n", runtime: "python" },
  { source: "(n) => n", runtime: "absent" },
];

/** Runs in `random-host.ts`, which does what it likes with its tasks. */
const randomly = { module: "/random.js", runtime: "random" };

/** Hosts cost far more than programs. */
export function harmlessTarget(random: Random): object {
  const dice = random.int(1, 10);
  return dice <= 6
    ? random.pick(programs)
    : dice <= 8
      ? { ...randomly, export: String(random.bits()) }
      : random.pick(functions);
}

/** A process that the fuzzer may name to a server by its pid: one of the server's own, or one that cannot exist. */
export function harmlessPid(random: Random, own: readonly number[]): number {
  const beyondAll = 4_194_304 + random.int(1, 1000);
  return own.length > 0 && random.chance(0.7) ? random.pick(own) : beyondAll;
}

/**
 * Whether what was made of a message's parameters may be sent: its targets are those above, and it names no process of
 * others.
 */
export function isHarmless(params: unknown, own: readonly number[]): boolean {
  if (typeof params !== "object" || params === null || params instanceof Uint8Array) return true;
  if (Array.isArray(params)) return params.every((item) => isHarmless(item, own));
  for (const [key, member] of Object.entries(params)) {
    if (key === "pid" && typeof member === "number" && member <= 4_194_304 && !own.includes(member)) return false;
    if (key === "command" && !programs.some(({ command }) => command === member)) return false;
    if (key === "module" && member !== randomly.module && !functions.some(({ module }) => module === member))
      return false;
    if (key === "source" && !functions.some(({ source }) => source === member)) return false;
    // A try that fails is repeated so often.
    if (key === "retries" && typeof member === "number" && member > 3) return false;
    // A process without a waiter would stay.
    if (key === "onParentDeath" && member === "continue") return false;
    if (!isHarmless(member, own)) return false;
  }
  return true;
}
