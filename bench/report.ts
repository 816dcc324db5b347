import { readFile, writeFile } from "node:fs/promises";
import { availableParallelism, cpus } from "node:os";
import type { Work } from "./contender.js";
import type { Memory } from "./memory.js";

export interface Measured {
  work: Work;
  /** Polyproc first. */
  medians: { name: string; /** Null: it hung. */ seconds: number | null }[];
}

/** Renders a Markdown table with one row for each contender. */
export function formatWorks(measured: readonly Measured[]): string {
  const rows = measured.flatMap(({ work, medians }) => {
    const ours = medians[0]?.seconds ?? Number.NaN;
    return medians.map(({ name, seconds }, i) => {
      if (seconds === null) return [i === 0 ? work.title : "", name, "hung", "", "", ""];
      const goal = work.goals[name];
      const ratio = ours / seconds;
      const verdict = i === 0 ? "" : goal === undefined ? "" : ratio <= goal ? `met (≤ ${goal})` : `missed (≤ ${goal})`;
      return [
        i === 0 ? `${work.title} (${work.count.toLocaleString("en")})` : "",
        name,
        formatRate(work.count / seconds),
        formatEach(seconds / work.count),
        i === 0 ? "" : ratio.toFixed(2),
        verdict,
      ];
    });
  });
  return table(["work", "who", "rate", "each", "our time / theirs", "goal"], rows);
}

export function formatMemory(memory: Memory): string {
  return [
    table(
      ["server", "resident memory"],
      memory.resident.map(({ when, bytes }) => [when, `${(bytes / 1024 / 1024).toFixed(0)} MiB`]),
    ),
    "",
    table(
      ["queued tasks", "time a task"],
      memory.scaling.map(({ tasks, microseconds }) => [tasks.toLocaleString("en"), `${microseconds.toFixed(1)} µs`]),
    ),
  ].join("\n");
}

/** Replaces those parts of docs/performance.md that were measured in this run. */
export async function writeDocument(
  measured: readonly Measured[],
  memory: Memory | null,
  rounds: number,
): Promise<void> {
  const file = new URL("../../docs/performance.md", import.meta.url);
  let text = await readFile(file, "utf8");
  const machine =
    `${cpus()[0]?.model.trim() ?? "unknown processor"}, ${availableParallelism()} cores, ` +
    `Node ${process.versions.node}, ${process.platform}; medians of ${rounds} rounds.`;
  const ofPython = measured.filter(({ work }) => work.title.startsWith("Python:"));
  const others = measured.filter((one) => !ofPython.includes(one));
  if (others.length > 0 && memory)
    text = replaced(text, "measured", `${machine}\n\n${formatWorks(others)}\n\n${formatMemory(memory)}`);
  if (ofPython.length > 0) text = replaced(text, "measured Python", `${machine}\n\n${formatWorks(ofPython)}`);
  await writeFile(file, text);
}

/** Replaces the text between `<!-- NAME -->` and the next `<!-- end -->`. */
function replaced(text: string, name: string, body: string): string {
  return text.replace(
    new RegExp(`(<!-- ${name} -->)[^]*?(<!-- end -->)`),
    (_, begin: string, end: string) => `${begin}\n${body}\n${end}`,
  );
}

function formatRate(rate: number): string {
  return rate >= 1000 ? `${(rate / 1000).toFixed(1)}k/s` : `${rate.toFixed(0)}/s`;
}

function formatEach(seconds: number): string {
  return seconds >= 0.001 ? `${(seconds * 1000).toFixed(2)} ms` : `${(seconds * 1e6).toFixed(1)} µs`;
}

function table(head: string[], rows: string[][]): string {
  const widths = head.map((cell, i) => Math.max(cell.length, ...rows.map((row) => row[i]!.length)));
  const line = (cells: string[]) => `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(" | ")} |`;
  return [line(head), `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`, ...rows.map(line)].join("\n");
}
