import { availableParallelism, loadavg } from "node:os";
import { Pool } from "polyproc";
import { readArguments, usage, UsageError, type Arguments } from "./arguments.js";
import { findFiles, noFinds, type FoundFile } from "./find-files.js";
import { measure } from "./measure.js";
import { bytes, counted, whole } from "./numbers.js";
import { piecesOf } from "./pieces.js";
import { printable } from "./printable.js";
import { startProgress } from "./start-progress.js";
import * as report from "./report.js";
import { run } from "./run.js";
import { Tally } from "./tally.js";

const interruptedStatus = 130;
const usageStatus = 2;
const foundEveryMs = 1000;

/** Compresses every file below a folder in worker processes, and verifies it. Resolves with the exit status. */
async function main({ folder, without, processes }: Arguments): Promise<number> {
  const { signal } = interruptedBy("SIGINT");
  const load = loadavg()[0]!;

  const finds = noFinds();
  const foundSoFar = setInterval(
    () => console.log(`found so far: ${counted(finds.files.length, "file")}`),
    foundEveryMs,
  );
  await findFiles(folder, finds, { without, signal });
  clearInterval(foundSoFar);
  const { files } = finds;
  const total = { files: files.length, bytes: files.reduce((sum, file) => sum + file.size, 0) };
  const workers = counted(processes, "worker process", "worker processes");
  console.log(
    `${printable(Buffer.from(folder))}: ${counted(total.files, "file")} ` +
      `in ${counted(finds.folders, "folder")}, ${bytes(total.bytes)}; ${workers}`,
  );

  const tally = new Tally(files);
  if (!signal.aborted) {
    const began = performance.now();
    await compressAll(files, processes, tally, total, signal);
    const ms = performance.now() - began;
    for (const text of [report.totals(tally, ms), report.largest(tally), report.leftOut(finds, tally)]) {
      if (text) console.log(text);
    }
  }
  if (!signal.aborted && tally.files > 0) {
    const busy = load > availableParallelism() / 2 ? `; other programs used the CPUs (load ${load.toFixed(1)})` : "";
    console.log(
      `Measuring a plain loop and workers (${processes === 1 ? "1" : `1 and ${whole(processes)}`}), ` +
        `some seconds each${busy}`,
    );
    const measurement = await measure(files, processes, signal);
    if (!signal.aborted) console.log(report.measured(measurement, total.files));
  }
  if (!signal.aborted) return 0;
  const left = total.files - tally.done;
  console.error(`interrupted: ${left > 0 ? `${counted(left, "file")} not compressed` : "not measured"}`);
  return interruptedStatus;
}

/** Only once: a second Ctrl-C ends the script at once, and its children with it. */
function interruptedBy(name: NodeJS.Signals): AbortController {
  const controller = new AbortController();
  process.once(name, () => controller.abort());
  return controller;
}

async function compressAll(
  files: readonly FoundFile[],
  processes: number,
  tally: Tally,
  total: { files: number; bytes: number },
  signal: AbortSignal,
): Promise<void> {
  await using pool = new Pool(processes);
  const progress = await startProgress(tally, total);
  let lost: Error | null = null;
  try {
    await run(pool, piecesOf(files), signal, (result) => {
      if (result instanceof Error) lost = result;
      else tally.add(result);
    });
  } finally {
    progress.stop();
  }
  if (lost && !signal.aborted) tally.lose((lost as Error).message);
}

try {
  const given = readArguments(process.argv.slice(2));
  if (given === "help") console.log(usage);
  else process.exitCode = await main(given);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\n\n${usage}`);
  process.exitCode = usageStatus;
}
