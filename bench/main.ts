/**
 * `npm run bench [-- WORK…] [--rounds N] [--write]`: runs each piece of work with Polyproc and its peers, in turns, and
 * reports the median of the rounds. Compare the ratios: the seconds depend on this machine.
 */
import { parseArgs } from "node:util";
import type { Contender, Work } from "./contender.js";
import { measureMemory, type Memory } from "./memory.js";
import { formatMemory, formatWorks, writeDocument, type Measured } from "./report.js";
import { works } from "./works.js";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: "string", default: "5" }, write: { type: "boolean", default: false } },
});
const rounds = Number(values.rounds);

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

async function measure(work: Work): Promise<Measured> {
  const contenders = await work.open();
  const times = new Map<Contender, number[]>(contenders.map((contender) => [contender, []]));
  try {
    for (let round = 0; round <= rounds; round++) {
      // Each round begins with another contender, so that none always runs after the same one.
      for (let i = 0; i < contenders.length; i++) {
        const contender = contenders[(i + round) % contenders.length]!;
        const time = await contender.measure();
        // The first round warms up.
        if (round > 0) times.get(contender)!.push(time);
      }
    }
  } finally {
    await Promise.all(contenders.map((contender) => contender.close()));
  }
  return {
    work,
    medians: contenders.map((contender) => ({ name: contender.name, seconds: median(times.get(contender)!) })),
  };
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}
