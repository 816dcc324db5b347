import { Pool, Queue } from "polyproc";
import { readArguments, usage, UsageError, type Arguments } from "./arguments.js";
import { prepareTask, type News } from "./digest.js";
import { findFiles, type FoundFile } from "./find-files.js";
import { bytes, counted } from "./numbers.js";
import { startProgress } from "./start-progress.js";
import * as report from "./report.js";
import { run } from "./run.js";
import { measureSpeedUp } from "./speed-up.js";
import { Tally } from "./tally.js";

const interruptedStatus = 130;
const usageStatus = 2;

/** Computes size and SHA-256 of every file below a folder, in worker processes. Resolves with the exit status. */
async function main({ folder, processes }: Arguments): Promise<number> {
  const interrupt = new AbortController();
  // Only once: a second Ctrl-C ends the script at once, and its children with it.
  process.once("SIGINT", () => interrupt.abort());

  const finds = findFiles(folder);
  const total = { files: finds.files.length, bytes: finds.files.reduce((sum, file) => sum + file.size, 0) };
  console.log(
    `${folder}: ${counted(total.files, "file")} in ${counted(finds.folders, "folder")}, ${bytes(total.bytes)}; ${counted(processes, "worker process", "worker processes")}`,
  );

  const tally = new Tally();
  const began = performance.now();
  await hashAll(finds.files, processes, tally, total, folder, interrupt.signal);
  const ms = performance.now() - began;

  for (const text of [report.totals(tally, ms), report.largest(tally, folder), report.leftOut(finds, tally, folder)]) {
    if (text) console.log(text);
  }
  if (!interrupt.signal.aborted && processes > 1 && tally.files > 0) {
    const speedUp = await measureSpeedUp(finds.files, processes, interrupt.signal);
    if (!interrupt.signal.aborted) console.log(report.speedUp(speedUp, total.files));
  }
  if (!interrupt.signal.aborted) return 0;
  console.error(`interrupted: ${counted(total.files - tally.done, "file")} not hashed`);
  return interruptedStatus;
}

async function hashAll(
  files: readonly FoundFile[],
  processes: number,
  tally: Tally,
  total: { files: number; bytes: number },
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  const news = new Queue<News>();
  await using pool = new Pool(processes, { initializer: prepareTask, initargs: [news] });
  const progress = await startProgress(tally, total, folder);
  const over = new AbortController();
  const following = follow(news, over.signal, (item) => progress.news(item));
  try {
    await run(pool, files, signal, (result) => tally.add(result));
  } finally {
    progress.stop();
    over.abort();
    await following;
  }
}

async function follow<T>(queue: Queue<T>, signal: AbortSignal, listener: (item: T) => void): Promise<void> {
  try {
    for (;;) listener(await queue.get({ signal }));
  } catch (error) {
    if (!signal.aborted) throw error;
  }
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
