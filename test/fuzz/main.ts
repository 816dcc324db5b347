/**
 * `npm run fuzz -- [--seconds N] [--seed S] [--first BATCH] [--batches N]`. Exits with 1 when something does not hold.
 */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { describeSent, Fuzzer, startFuzzedServer } from "./fuzz.js";

const { values } = parseArgs({
  options: {
    seconds: { type: "string" },
    seed: { type: "string" },
    first: { type: "string" },
    batches: { type: "string" },
  },
});
const seed = wholeNumber("seed", values.seed, Date.now() % 1_000_000);
const seconds = wholeNumber("seconds", values.seconds, 60);
const first = wholeNumber("first", values.first, 1);
const batches = wholeNumber("batches", values.batches, Number.MAX_SAFE_INTEGER);

const cleanups: (() => void | Promise<void>)[] = [];
const totals = { sent: new Map<string, number>(), answers: new Map<string, number>() };
const began = performance.now();
let number = first;
try {
  const fuzzer = await Fuzzer.begin(await startFuzzedServer({ after: (clean) => void cleanups.unshift(clean) }), seed);
  cleanups.unshift(() => fuzzer.close());
  console.log(`seed ${seed}`);
  for (; number < first + batches && performance.now() - began < seconds * 1000; number++) {
    const report = await fuzzer.batch(number);
    for (const key of ["sent", "answers"] as const)
      for (const [name, n] of report[key]) totals[key].set(name, (totals[key].get(name) ?? 0) + n);
    if (report.faults.length === 0) continue;
    process.exitCode = 1;
    const file = join(mkdtempSync(join(tmpdir(), "polyproc-fuzz-")), "messages.txt");
    writeFileSync(file, [...report.faults, ...report.messages.map(describeSent)].join("\n"));
    console.log(
      `batch ${number}:\n${report.faults
        .map((fault) => fault.slice(0, 2000))
        .slice(0, 20)
        .join("\n")}`,
    );
    console.log(`what was sent: ${file}\nrepeat it: npm run fuzz -- --seed ${seed} --first ${number} --batches 1`);
    break;
  }
} finally {
  for (const clean of cleanups) await clean();
}
const list = (map: Map<string, number>) =>
  [...map]
    .sort((a, b) => b[1] - a[1])
    .map(([name, n]) => `${name} ${n}`)
    .join(", ");
console.log(
  `${((performance.now() - began) / 1000).toFixed(0)} s, ${number - first} batches\n` +
    `answers: ${list(totals.answers)}\nsent: ${list(totals.sent)}`,
);

function wholeNumber(name: string, text: string | undefined, usual: number): number {
  if (text === undefined) return usual;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  console.error(`--${name} must be a whole number; got ${JSON.stringify(text)}`);
  process.exit(2);
}
