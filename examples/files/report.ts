import { loadavg } from "node:os";
import type { Finds } from "./find-files.js";
import type { Measurement } from "./measure.js";
import { bytes, counted, duration, share, whole } from "./numbers.js";
import type { Tally } from "./tally.js";

/** Most unreadable files that are named. The rest is counted. */
const maxNamed = 20;

export function totals(tally: Tally, ms: number): string {
  const per = (n: number) => Math.round((n / Math.max(1, ms)) * 1000);
  return [
    `Total: ${counted(tally.files, "file")} in ${duration(ms)} ` +
      `(${whole(per(tally.done))} files/s, ${bytes(per(tally.bytes))}/s) ` +
      `by ${counted(tally.workers.size, "worker process", "worker processes")}`,
    `  ${bytes(tally.bytes)} before, ${bytes(tally.packedBytes)} after ` +
      `(${share(tally.packedBytes, tally.bytes)}); each piece was decompressed and compared`,
  ].join("\n");
}

export function largest(tally: Tally): string {
  if (tally.largest.length === 0) return "";
  const rows = tally.largest.map((file) => [
    bytes(file.bytes),
    bytes(file.packedBytes),
    share(file.packedBytes, file.bytes),
    file.name,
  ]);
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: string[]) =>
    row.map((cell, column) => (column < 3 ? cell.padStart(widths[column]!) : cell)).join("  ");
  return [`The ${rows.length} largest, before and after:`, ...rows.map((row) => `  ${line(row)}`)].join("\n");
}

/** Lists what was not compressed, and why. Empty if there is nothing. */
export function leftOut(finds: Finds, tally: Tally): string {
  const lines: string[] = [];
  for (const [reason, n] of finds.skipped) lines.push(`Skipped: ${whole(n)} ${reason}`);
  const failures = [...finds.unreadable, ...tally.failures];
  if (failures.length > 0) {
    lines.push(`Not read: ${whole(failures.length)}`);
    for (const { name, reason } of failures.slice(0, maxNamed)) lines.push(`  ${name}: ${meaning(reason)}`);
    if (failures.length > maxNamed) lines.push(`  and ${whole(failures.length - maxNamed)} more`);
  }
  return lines.join("\n");
}

export function measured(measurement: Measurement, all: number): string {
  const { files, bytes: size, rounds, processes, plainMs, oneMs, manyMs } = measurement;
  const sample = files === all ? "the same files" : `${whole(files)} of these files`;
  const row = (name: string, ms: number) =>
    `  ${name.padEnd(20)} ${duration(ms).padStart(8)}   ${(plainMs / ms).toFixed(2)}x`;
  const rows = [row("a plain loop", plainMs), row("1 worker process", oneMs)];
  if (processes > 1) rows.push(row(`${processes} worker processes`, manyMs));
  return [
    `Measured on ${sample} (${bytes(size)}), in turns, ${rounds} rounds, medians:`,
    ...rows,
    verdict(measurement),
  ].join("\n");
}

/** A gain below this is none: the work was too small to divide, or the CPUs had other work. */
const gain = 1.2;
/** With less work than this, in milliseconds, starting and ending weigh more than what is between them. */
const littleMs = 100;
/** An item that takes less than this, in milliseconds, is small beside the messages that carry it. */
const smallItemMs = 0.2;

/** A gain beyond this for each process is none either: the plain loop had less of the CPU than the workers. */
const impossible = 1.2;

function verdict({ files, processes, plainMs, oneMs, manyMs }: Measurement): string {
  const itemMs = plainMs / files;
  const item = `${itemMs.toFixed(itemMs < 0.1 ? 3 : 1)} ms`;
  const load = loadavg()[0]!.toFixed(1);
  if (plainMs >= littleMs && (plainMs / oneMs > impossible || plainMs / manyMs > processes * impossible))
    return (
      "No speed-up can be told: a worker cannot do more than the plain loop in the same time, so other programs " +
      `disturbed the measurement. The load average is ${load}; try again when it is low.`
    );
  if (processes > 1 && plainMs / manyMs >= gain)
    return `Speed-up: ${(plainMs / manyMs).toFixed(2)}x over the plain loop, which needs ${item} for a file`;
  if (plainMs < littleMs)
    return `Too little work to divide: the plain loop needs ${duration(plainMs)} for all of it. Give a larger folder.`;
  if (itemMs < smallItemMs)
    return (
      `Too little work in an item: ${item} for a file, ` +
      `and a worker adds ${(Math.max(0, oneMs - plainMs) / files).toFixed(3)} ms to it. ` +
      "Items should take a millisecond or more, or go in larger chunks."
    );
  if (processes === 1) return `One worker cannot be faster than the plain loop, which needs ${item} for a file.`;
  return `No speed-up, although a file takes ${item}: is the CPU busy? The load average is ${load}.`;
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
