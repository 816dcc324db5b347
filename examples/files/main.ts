import { Pool, Queue } from "polyproc";
import { readArguments, usage, UsageError, type Arguments } from "./arguments.js";
import { prepareTask, type News } from "./digest.js";
import { findFiles } from "./find-files.js";
import { bytes, counted } from "./numbers.js";
import { startProgress } from "./progress.js";
import * as report from "./report.js";
import { run } from "./run.js";
import { measureSpeedUp } from "./speed-up.js";
import { Tally } from "./tally.js";

const interrupted = 130;

/** Size and SHA-256 of every file below a folder, in worker processes. Resolves with the exit code. */
async function main({ folder, processes }: Arguments): Promise<number> {
  const finds = findFiles(folder);
  const total = { files: finds.files.length, bytes: finds.files.reduce((sum, file) => sum + file.size, 0) };
  console.log(`${folder}: ${counted(total.files, "file")} in ${counted(finds.folders, "folder")}, ${bytes(total.bytes)}; ${processes} worker processes`);

  const tally = new Tally();
  const news = new Queue<News>();
  const pool = new Pool(processes, { initializer: prepareTask, initargs: [news] });
  let stopped = false;
  process.once("SIGINT", () => {
    stopped = true;
    void pool.terminate();
  });

  const progress = await startProgress(tally, total, folder);
  const began = performance.now();
  void (async () => {
    for await (const item of news) progress.news(item);
  })();
  await run(pool, finds.files, (result) => {
    if (!stopped) tally.add(result);
  });
  const ms = performance.now() - began;
  progress.stop();
  await pool.terminate();
  await news.close();

  for (const text of [report.totals(tally, ms), report.largest(tally, folder), report.leftOut(finds, tally, folder)]) {
    if (text) console.log(text);
  }
  if (stopped) {
    console.error(`interrupted: ${total.files - tally.done} files were not read`);
    return interrupted;
  }
  if (processes > 1 && tally.files > 0) console.log(report.speedUp(await measureSpeedUp(finds.files, processes), total.files));
  return 0;
}

try {
  const given = readArguments(process.argv.slice(2));
  if (given === "help") console.log(usage);
  else process.exitCode = await main(given);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\n\n${usage}`);
  process.exitCode = 2;
}
