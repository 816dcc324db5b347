import { isAbsolute, relative } from "node:path";
import type { Finds } from "./find-files.js";
import { bytes, counted, duration, whole } from "./numbers.js";
import type { SpeedUp } from "./speed-up.js";
import type { Tally } from "./tally.js";

/** Most unreadable files that are named. The rest is counted. */
const maxNamed = 20;

export function totals(tally: Tally, ms: number): string {
  const rate = `${whole((tally.done / Math.max(1, ms)) * 1000)} files/s, ${bytes(Math.round((tally.bytes / Math.max(1, ms)) * 1000))}/s`;
  return `Total: ${counted(tally.files, "file")}, ${bytes(tally.bytes)} in ${duration(ms)} (${rate}) by ${counted(tally.workers.size, "worker process", "worker processes")}`;
}

export function largest(tally: Tally, root: string): string {
  if (tally.largest.length === 0) return "";
  const width = Math.max(...tally.largest.map((file) => bytes(file.size).length));
  const lines = tally.largest.map(
    (file) => `  ${bytes(file.size).padStart(width)}  ${file.sha256}  ${relative(root, file.path)}`,
  );
  return [`The ${lines.length} largest, with their SHA-256:`, ...lines].join("\n");
}

/** Lists what was not hashed, and why. Empty if there is nothing. */
export function leftOut(finds: Finds, tally: Tally, root: string): string {
  const lines: string[] = [];
  for (const [reason, n] of finds.skipped) lines.push(`Skipped: ${whole(n)} ${reason}`);
  const failures = [...finds.unreadable.map(({ path, reason }) => ({ path: `${path}/`, reason })), ...tally.failures];
  if (failures.length > 0) {
    lines.push(`Not read: ${whole(failures.length)}`);
    for (const { path, reason } of failures.slice(0, maxNamed))
      lines.push(`  ${isAbsolute(path) ? relative(root, path) || path : path}: ${meaning(reason)}`);
    if (failures.length > maxNamed) lines.push(`  and ${whole(failures.length - maxNamed)} more`);
  }
  return lines.join("\n");
}

export function speedUp({ files, bytes: size, rounds, processes, oneMs, manyMs }: SpeedUp, all: number): string {
  const sample = files === all ? "the same files" : `a sample of ${counted(files, "file")}`;
  return [
    `Speed-up: ${(oneMs / manyMs).toFixed(2)}x with ${processes} worker processes over 1 (${duration(manyMs)} against ${duration(oneMs)})`,
    `  measured on ${sample} (${bytes(size)}) in the file cache, in turns, ${rounds} rounds, medians`,
  ].join("\n");
}

function meaning(reason: string): string {
  switch (reason) {
    case "ENOENT":
      return "it has gone since it was found";
    case "EACCES":
    case "EPERM":
      return `no permission to read it (${reason})`;
    default:
      return reason;
  }
}
