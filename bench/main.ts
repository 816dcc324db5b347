/**
 * `npm run bench [-- WORK…] [--rounds N] [--hang-seconds N] [--write]`: runs each piece of work with Polyproc and its
 * peers, in turns, and reports the median of the rounds. A contender that takes longer for a round is given up. Compare
 * the ratios: the seconds depend on this machine.
 */
import { parseArgs } from "node:util";
import type { Contender, Work } from "./contender.js";
import { measureMemory, type Memory } from "./memory.js";
import { formatMemory, formatWorks, writeDocument, type Measured } from "./report.js";
import { works } from "./works.js";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "5" },
    "hang-seconds": { type: "string", default: "60" },
    write: { type: "boolean", default: false },
  },
});
const rounds = Number(values.rounds);
/** A contender that takes longer for one round, in milliseconds, hangs. */
const hangMs = Number(values["hang-seconds"]) * 1000;

/** A contender that hangs may keep this process alive. */
let someHang = false;

const measured: Measured[] = [];
for (const work of works) {
  if (positionals.length > 0 && !positionals.some((word) => work.title.includes(word))) continue;
  measured.push(await measure(work));
  console.log(formatWorks(measured.slice(-1)));
}
let memory: Memory | null = null;
if (positionals.length === 0 || positionals.includes("memory")) {
  memory = await measureMemory();
  console.log(formatMemory(memory));
}
if (values.write) await writeDocument(measured, memory, rounds);
if (someHang) process.exit();

async function measure(work: Work): Promise<Measured> {
  const contenders = await work.open();
  const times = new Map<Contender, number[]>(contenders.map((contender) => [contender, []]));
  const hung = new Set<Contender>();
  for (let round = 0; round <= rounds; round++) {
    // Each round begins with another contender, so that none always runs after the same one.
    for (let i = 0; i < contenders.length; i++) {
      const contender = contenders[(i + round) % contenders.length]!;
      if (hung.has(contender)) continue;
      const time = await inTime(contender.measure());
      if (time === null) {
        console.error(`${work.title}: ${contender.name} has hung for ${hangMs / 1000} s, so it is given up`);
        hung.add(contender);
        someHang = true;
        contender.giveUp?.();
        continue;
      }
      // The first round warms up.
      if (round > 0) times.get(contender)!.push(time);
    }
  }
  await Promise.all(
    contenders.map(async (contender) => {
      if (hung.has(contender) || (await inTime(contender.close().then(() => true))) !== null) return;
      console.error(`${work.title}: ${contender.name} does not end`);
      someHang = true;
      contender.giveUp?.();
    }),
  );
  return {
    work,
    medians: contenders.map((contender) => ({
      name: contender.name,
      seconds: hung.has(contender) ? null : median(times.get(contender)!),
    })),
  };
}

/** Null if it takes longer than a contender is given. */
async function inTime<T>(result: Promise<T>): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => (timer = setTimeout(() => resolve(null), hangMs)));
  try {
    return await Promise.race([result, late]);
  } finally {
    clearTimeout(timer);
  }
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}
