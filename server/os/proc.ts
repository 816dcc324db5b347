import { closeSync, openSync, readdirSync, readFileSync, readSync } from "node:fs";
import type { ProcessRow } from "./process-row.js";
import { withSpareDescriptor } from "./spare-descriptor.js";

/** Command lines are cut after this many characters. */
const maxCommandLength = 1000;

/** Reads `/proc`. Linux only. */
export function readLinuxTable(): Map<number, ProcessRow> {
  const table = new Map<number, ProcessRow>();
  for (const name of withSpareDescriptor(() => readdirSync("/proc"))) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const row = readLinuxRow(pid);
    if (row) table.set(pid, row);
  }
  return table;
}

/** One process. Undefined if it has ended or is a zombie. */
export function readLinuxRow(pid: number): ProcessRow | undefined {
  const stat = readSmallFile(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The second field is the program's name in brackets, which may itself hold brackets and spaces.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const state = fields[0];
  if (state === "Z" || state === "X" || state === "x") return undefined;
  return {
    pid,
    parentPid: Number(fields[1]),
    group: Number(fields[2]),
    start: fields[19] ?? "",
    command: () => commandLine(pid, stat),
  };
}

/** Whether the process was started with this `NAME=value` in its environment. False if the server may not read it. */
export function hasInEnvironment(pid: number, assignment: string): boolean {
  let text: string;
  try {
    text = readEnvironment(pid);
  } catch {
    return false;
  }
  return text.startsWith(`${assignment}\0`) || text.includes(`\0${assignment}\0`);
}

/** The variable's value in the process's environment at its start. Undefined if not set, or not readable. */
export function environmentValue(pid: number, name: string): string | undefined {
  let text: string;
  try {
    text = `\0${readEnvironment(pid)}`;
  } catch {
    return undefined;
  }
  const at = text.indexOf(`\0${name}=`);
  if (at === -1) return undefined;
  const from = at + name.length + 2;
  const to = text.indexOf("\0", from);
  return text.slice(from, to === -1 ? undefined : to);
}

function readEnvironment(pid: number): string {
  return withSpareDescriptor(() => readFileSync(`/proc/${pid}/environ`, "latin1"));
}

function commandLine(pid: number, stat: string): string {
  let text = "";
  try {
    text = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
  } catch {
    return "";
  }
  // Kernel threads, and programs that overwrote their arguments, have only a name.
  if (text === "") text = stat.slice(stat.indexOf("(") + 1, stat.lastIndexOf(")"));
  return text.slice(0, maxCommandLength);
}

const buffer = Buffer.alloc(2048);

/** Twice as fast as `readFileSync`: a snapshot of the system reads one file for each process. */
function readSmallFile(path: string): string | undefined {
  try {
    return withSpareDescriptor(() => readInto(buffer, path));
  } catch {
    return undefined;
  }
}

function readInto(bytes: Buffer, path: string): string {
  const fd = openSync(path, "r");
  try {
    return bytes.toString("utf8", 0, readSync(fd, bytes));
  } finally {
    closeSync(fd);
  }
}
