/**
 * Pool: the size of every file below a folder, by twenty worker processes.
 *
 *     node dist/examples/pool-file-sizes.js [FOLDER]
 *
 * FOLDER: default the current one.
 */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { isMain, Pool, task } from "polyproc";

function readFileList(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

export function readFileSize(file: string): [size: number, file: string] {
  return [statSync(file).size, file];
}

if (isMain(import.meta)) {
  const files = readFileList(process.argv[2] ?? ".");
  const pool = new Pool(20);
  const sizes = pool.mapAsync(task(import.meta, readFileSize), files);
  await pool.close();
  await pool.join();
  console.log(await sizes.get());
}
