import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RunRequest } from "../../../extension/runs/run.js";

const itemCount = 10_000;
/** Bytes of each result: ten runs are more than the server's 64 MiB and the window's 24 MiB that are kept. */
const resultLength = 600;

/** Writes the module of `bigRun` into a folder. */
export function writeBigModule(folder: string): string {
  const module = join(folder, "big.mjs");
  writeFileSync(module, `export const work = (path) => path.padEnd(${resultLength}, "x");\n`);
  return module;
}

/** A run of 10,000 files, with 6 MB of results. */
export function bigRun(module: string, name: string): RunRequest {
  return {
    name,
    target: { module, export: "work" },
    items: Array.from({ length: itemCount }, (_, index) => {
      const file = `/workspace/${name}/file-${index}.txt`;
      return { value: file, label: `file-${index}.txt`, file };
    }),
    options: { processes: 2, chunkSize: 100 },
    origin: "api",
  };
}
