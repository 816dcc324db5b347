import { readFileSync } from "node:fs";
import { type Command, InvalidArgumentError, Option } from "commander";
import { duration, wholeNumber } from "../../option-values.js";
import { UsageError } from "../../usage-error.js";
import { parseHalt, type Halt } from "./halt.js";

/** Most items that run at a time. */
export type Jobs = ((processors: number) => number) & { readonly file?: string };

/** A duration, or a percentage of the median of what items take. */
export type Timeout = { ms: number } | { percent: number };

/** What the command line says of how many items run, when, and how often. */
export interface LimitOptions {
  jobs?: Jobs;
  load?: (processors: number) => number;
  memfree?: number;
  memsuspend?: number;
  delay?: number;
  nice?: number;
  timeout?: Timeout;
  retries: number;
  retryDelay?: number;
  splitOnFailure?: true;
  halt: Halt;
}

export function addLimitOptions(command: Command): Command {
  return command
    .option(
      "-j, --jobs <n>",
      "how many at a time: 4, 50% of the processors, +1 or -1 beside them, 0 for 4096, or a file with one of these, " +
        "which is read again while the map runs (default: 100%)",
      jobs,
    )
    .option("--load <n>", "begin no item while this many processes or more run: 4, or 100% of the processors", load)
    .option(
      "--memfree <size>",
      "begin no item while less memory is free, such as 500M or 2G; below half of it, the youngest item is ended, " +
        "and runs again later",
      size,
    )
    .option(
      "--memsuspend <size>",
      "stop the youngest command while less than twice this much memory is free, and all but the oldest below it; " +
        "they continue when there is more",
      size,
    )
    .option("--delay <duration>", "time between the starts of two items, such as 1 (second) or 100ms", duration)
    .option("--nice <n>", "niceness of the commands, from 0 to 19 (default: that of polyproc)", wholeNumber(0, 19))
    .option(
      "--timeout <duration>",
      "limit for each item, such as 10 (seconds), 500ms, 2m, or 150% of the median of the items that have ended " +
        "(default: none)",
      timeout,
    )
    .option(
      "--retries <n>",
      "retry an item up to this many times when it fails, times out or its worker dies",
      wholeNumber(0),
      0,
    )
    .option(
      "--retry-delay <duration>",
      "wait this long before the first retry, and twice as long before each next",
      duration,
    )
    .option("--split-on-failure", "with -n, -m and -X: run the items of a command that failed one by one")
    .addOption(
      new Option(
        "--halt <when>",
        "end early: soon,fail=N begins no more items at the Nth failure, now,fail=N ends those that run, too; also " +
          "success=N, done=N, and N% of the items",
      )
        .argParser(parseHalt)
        .default({ when: "never" }, "never"),
    );
}

/** Most items that run at a time. */
export const mostJobs = 4096;

function amount(text: string): ((processors: number) => number) | null {
  const found = /^([+-]?)(\d{1,6})(%?)$/.exec(text);
  const value = Number(found?.[2]);
  if (!found || (found[1] && found[3]) || (!found[1] && value > (found[3] ? 100_000 : mostJobs))) return null;
  return (processors) => {
    if (found[3]) return Math.round((processors * value) / 100);
    if (found[1]) return found[1] === "+" ? processors + value : processors - value;
    return value;
  };
}

/** `0` is as many as there may be; a percentage or a difference that comes out as 0 is 1. */
function jobCount(text: string): Jobs | null {
  const given = amount(text);
  if (!given) return null;
  if (/^0+$/.test(text)) return () => mostJobs;
  return (processors) => Math.min(mostJobs, Math.max(1, given(processors)));
}

export function jobs(text: string): Jobs {
  const count = jobCount(text) ?? jobsOfFile(text);
  if (count) return count;
  throw new InvalidArgumentError(
    `Expected a number up to ${mostJobs}, such as 4, or 50%, +1, -1, or 0, or a file that has one.`,
  );
}

/** It reads the file at each call. What is no number is ignored then: the file may be half written. */
function jobsOfFile(path: string): Jobs | null {
  const read = () => {
    try {
      return jobCount(readFileSync(path, "utf8").trim());
    } catch {
      return null;
    }
  };
  let last = read();
  return last && Object.assign((processors: number) => (last = read() ?? last)!(processors), { file: path });
}

function load(text: string): (processors: number) => number {
  const given = amount(text);
  if (!given) throw new InvalidArgumentError("Expected a number of processes, such as 4, or 100% of the processors.");
  return (processors) => Math.max(0.01, given(processors));
}

const units: Record<string, number> = { "": 1, k: 1e3, m: 1e6, g: 1e9, t: 1e12 };
const binaryUnits: Record<string, number> = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

/** As in GNU parallel: k is 1000, K is 1024. */
export function size(text: string): number {
  const found = /^(\d+(?:\.\d+)?)([kmgtKMGT]?)$/.exec(text);
  const unit = found && (units[found[2]!] ?? binaryUnits[found[2]!]);
  if (unit) return Math.round(Number(found[1]) * unit);
  throw new InvalidArgumentError("Expected a size in bytes, such as 500M or 2G (K, M, G, T; k, m, g, t are decimal).");
}

function timeout(text: string): Timeout {
  const found = /^(\d{1,6})%$/.exec(text);
  if (!found) return { ms: duration(text) };
  const percent = Number(found[1]);
  if (percent < 1) throw new InvalidArgumentError("Expected at least 1%.");
  return { percent };
}

/** Throws UsageError for limits that the server of a run, other hosts or functions do not know. */
export function checkLimits(
  options: LimitOptions & { detach?: true; cluster?: unknown; module?: string; chunkSize: number },
  isGrouped: boolean,
): void {
  const { retries, retryDelay, splitOnFailure, halt, jobs: given, timeout: limit } = options;
  if (retryDelay !== undefined && retries === 0)
    throw new UsageError("--retry-delay is the time before a retry: give --retries N, too");
  if (splitOnFailure && !isGrouped)
    throw new UsageError("--split-on-failure is for commands that get several items: use it with -n, -m or -X");
  if (options.nice !== undefined && options.module !== undefined)
    throw new UsageError("--nice is for commands; --module names a function");
  if (options.memsuspend !== undefined && options.module !== undefined)
    throw new UsageError("--memsuspend stops commands; --module names a function");
  const inClient = [
    ["--load", options.load],
    ["--memfree", options.memfree],
    ["--memsuspend", options.memsuspend],
    ["--delay", options.delay],
    ["--retry-delay", retryDelay],
    ["--split-on-failure", splitOnFailure],
    ["--timeout N%", limit && "percent" in limit ? limit : undefined],
    ["-j FILE", given?.file],
  ] as const;
  for (const [name, value] of inClient) {
    if (value === undefined) continue;
    if (options.detach) throw new UsageError(`${name} needs a map that waits for its items: leave --detach out`);
    if (options.cluster !== undefined && name !== "--split-on-failure")
      throw new UsageError(`${name} is about this machine: leave --cluster out`);
    if (options.module !== undefined && options.chunkSize > 1)
      throw new UsageError(`${name} is about single items: leave --chunk-size out`);
  }
  if (options.detach && halt.when !== "never" && (halt.what !== "fail" || halt.unit !== "items"))
    throw new UsageError("with --detach, --halt knows only fail=N");
}
