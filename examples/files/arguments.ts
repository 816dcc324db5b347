import { statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

export const usage = `usage: npm start -- [FOLDER] [-j N]

Compresses every file below FOLDER with brotli in worker processes, verifies the result, and says how many bytes are
left. Then it measures a plain loop, one worker and N workers on the same files. It writes no files.

  FOLDER              default: this checkout, without node_modules and .git
  -j, --processes N   worker processes; default: the number of CPUs
  -h, --help          this text`;

export interface Arguments {
  folder: string;
  /** Names of folders that are left out. */
  without: readonly string[];
  processes: number;
}

/** What is wrong with the arguments, for the person who typed them. */
export class UsageError extends Error {}

/** `help`, or what to do. Throws UsageError. */
export function readArguments(args: readonly string[]): Arguments | "help" {
  let parsed;
  try {
    parsed = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { processes: { type: "string", short: "j" }, help: { type: "boolean", short: "h" } },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  const { values, positionals } = parsed;
  if (values.help) return "help";
  if (positionals.length > 1)
    throw new UsageError(`one folder, please; got ${positionals.length}: ${positionals.join(" ")}`);
  const processes = Number(values.processes ?? availableParallelism());
  if (!Number.isSafeInteger(processes) || processes < 1)
    throw new UsageError(`--processes takes a whole number from 1 on, got "${values.processes}"`);
  const without = positionals.length === 0 ? ["node_modules", ".git"] : [];
  return { folder: checkedFolder(positionals[0]), without, processes };
}

function checkedFolder(given: string | undefined): string {
  // dist/examples/files is three levels below the checkout.
  const folder = resolve(given ?? fileURLToPath(new URL("../../..", import.meta.url)));
  const stats = statSync(folder, { throwIfNoEntry: false });
  if (!stats) throw new UsageError(`there is no folder ${folder}: check the spelling, or give another one`);
  if (!stats.isDirectory()) throw new UsageError(`${folder} is not a folder: give the folder that it is in`);
  return folder;
}
