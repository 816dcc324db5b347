/**
 * Runs the compiled tests: `node dist/test/run.js [PART-OF-A-PATH…]`. Without arguments also the lint and the check of
 * generated files. Every file runs in a process of its own, three at a time. What a file leaves behind (a process, a
 * socket, a temporary file) is a failure of that file.
 */
import { describeProcess } from "./runner/leaks.js";
import { findChecks, runCheck } from "./runner/check.js";
import { findTestFiles, usesWindow } from "./runner/files.js";
import type { Outcome } from "./runner/outcome.js";
import { runFile } from "./runner/run-file.js";
import { failLeftOut, isJudged, tellLeftOut } from "./runner/left-out.js";
import { prepareEditors, prepareNative } from "./runner/prepare.js";
import { Run } from "./runner/run.js";

/** For two CPUs: most files wait half of their time. */
const concurrency = 3;
/** A test that takes longer is listed. */
const slowMs = 2000;
/** The whole suite: a quarter of an hour, and five times as long on a machine that is five times as slow. */
const limitMs = 85 * 60_000;

interface Job {
  run: () => Promise<Outcome>;
  usesWindow: boolean;
}

const filters = process.argv.slice(2);
const run = new Run();
const outcomes: Outcome[] = [];

const watchdog = setTimeout(() => {
  console.log(`\nthe suite took longer than ${limitMs / 60_000} minutes. Living now:`);
  for (const row of run.living()) console.log(`  ${describeProcess(row)}`);
  void stop(1);
}, limitMs);

for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
] as const) {
  process.once(signal, () => void stop(code));
}

async function stop(code: number): Promise<never> {
  await run.end();
  process.exit(code);
}

const files = findTestFiles(filters);
const jobs: Job[] = [
  ...(filters.length === 0 ? findChecks() : []).map((check) => ({
    run: () => runCheck(check, run),
    usesWindow: false,
  })),
  ...files.map((file) => ({ run: () => runFile(file, run), usesWindow: usesWindow(file) })),
];
if (files.length === 0) {
  console.log(
    filters.length === 0
      ? "no tests found in dist/test: run `npx tsc -b`"
      : `no test's path contains ${filters.join(" or ")}`,
  );
  await stop(2);
}

for (const outcome of [...(await prepareNative()), ...(await prepareEditors(files, run))]) {
  outcomes.push(outcome);
  print(outcome);
}

let windowIsOpen = false;

/** The next job. One window of an editor is open at a time: each occupies a CPU, and is slow to respond without one. */
function takeJob(): Job | undefined {
  const at = jobs.findIndex((job) => !(job.usesWindow && windowIsOpen));
  return at === -1 ? undefined : jobs.splice(at, 1)[0];
}

async function work(): Promise<void> {
  for (let job; (job = takeJob());) {
    if (job.usesWindow) windowIsOpen = true;
    const outcome = await job.run();
    if (job.usesWindow) windowIsOpen = false;
    if (isJudged) failLeftOut(outcome);
    outcomes.push(outcome);
    print(outcome);
  }
}
await Promise.all(Array.from({ length: concurrency }, work));
clearTimeout(watchdog);

const left = run.living();
for (const row of left) console.log(`a process was left: ${describeProcess(row)}`);
await run.end();

printSlow();
tellLeftOut(outcomes);
for (const outcome of outcomes) {
  for (const { name, error } of outcome.failures) {
    console.log(`failed: ${outcome.title}: ${name}`);
    // Where only the end of the output is kept, this is all that anybody sees of it.
    for (const line of error.split("\n").slice(0, 12)) console.log(`    ${line}`);
  }
  if (outcome.failures.length > 0 && outcome.output.trim() !== "")
    console.log(indent(`it printed at the end:\n${indent(outcome.output.trimEnd().slice(-2000), 2)}`, 4));
}
const total = (count: (outcome: Outcome) => number) => outcomes.reduce((sum, outcome) => sum + count(outcome), 0);
const failed = total((outcome) => outcome.failures.length) + left.length;
const skipped = total((outcome) => outcome.skipped);
console.log(
  `${total((outcome) => outcome.passed)} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`,
);
process.exitCode = failed > 0 ? 1 : 0;

function print(outcome: Outcome): void {
  const { title, passed, skipped: omitted, failures, notes, durationMs } = outcome;
  const counts = [
    `${passed} passed`,
    ...(failures.length > 0 ? [`${failures.length} FAILED`] : []),
    ...(omitted > 0 ? [`${omitted} skipped`] : []),
  ];
  console.log(`${failures.length > 0 ? "✖" : "✔"} ${title}: ${counts.join(", ")} (${seconds(durationMs)})`);
  for (const note of notes) console.log(indent(note, 4));
  for (const { name, error } of failures) console.log(indent(`✖ ${name}\n${indent(error, 2)}`, 4));
  if (failures.length > 0 && outcome.output.trim() !== "")
    console.log(indent(`it printed:\n${indent(outcome.output.trimEnd(), 2)}`, 4));
}

function printSlow(): void {
  const slow = outcomes
    .flatMap((outcome) => outcome.tests.map((test) => ({ ...test, title: outcome.title })))
    .filter((test) => test.durationMs > slowMs);
  if (slow.length === 0) return;
  console.log("\nslow:");
  for (const { name, title, durationMs } of slow.sort((a, b) => b.durationMs - a.durationMs).slice(0, 15)) {
    console.log(`  ${seconds(durationMs)}  ${title}: ${name}`);
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function indent(text: string, by: number): string {
  return text.replaceAll(/^(?=.)/gm, " ".repeat(by));
}
