import { resolve } from "node:path";
import type { Command } from "commander";
import { InvalidArgumentError } from "commander";
import { collect, duration } from "../option-values.js";
import { addSpellings, type Spellings } from "../spellings.js";
import { UsageError } from "../usage-error.js";
import { entryNumbers } from "./entry-numbers.js";
import { startTime } from "./start-time.js";

/** Options that `add` and `edit` share. */
export interface ScheduleOptions {
  name?: string;
  group?: string;
  priority?: number;
  after?: string[];
  delay?: number;
  at?: number;
  hook?: string;
  workdir?: string;
}

/** What pueue calls them. */
const spellings: Spellings = {
  "--name": ["-l", "--label"],
  "--priority": ["-o"],
  "--after": ["-a"],
  "--delay": ["-d"],
  "--workdir": ["-w", "--working-directory"],
};

export function scheduleOptions(command: Command): Command {
  const called = command
    .option("--name <name>", "what status calls it")
    .option("-g, --group <name>", "the group whose slots it takes (default: default)")
    .option("-p, --priority <n>", "in its group, a higher number starts first (default: 0)", integer)
    .option("--after <id>", "start once this entry is done, such as 3 or 3,5; may be repeated", collect)
    .option("--delay <duration>", "do not start earlier than this time from now, such as 30m or 2h", duration)
    .option("--at <time>", "do not start before: 17:30, 2026-12-01, 2026-12-01T06:00", (text) => startTime(text))
    .option("--hook <command>", "shell command that runs at its end (default: that of its group)")
    .option("--workdir <folder>", "the folder in which it runs");
  return addSpellings(called, spellings);
}

/** The members of a request. */
export function scheduleOf({ name, group, priority, after, delay, at, hook, workdir }: ScheduleOptions) {
  if (delay !== undefined && at !== undefined) throw new UsageError("--delay and --at exclude each other: give one");
  const notBefore = delay === undefined ? at : Date.now() + delay;
  return {
    ...(name === undefined ? {} : { name }),
    ...(group === undefined ? {} : { group }),
    ...(priority === undefined ? {} : { priority }),
    ...(after === undefined ? {} : { after: entryNumbers(after) }),
    ...(notBefore === undefined ? {} : { notBefore }),
    ...(hook === undefined ? {} : { hook: hook === "" ? null : hook }),
    ...(workdir === undefined ? {} : { cwd: resolve(workdir) }),
  };
}

function integer(text: string): number {
  if (/^[+-]?\d{1,7}$/.test(text) && Math.abs(Number(text)) <= 1_000_000) return Number(text);
  throw new InvalidArgumentError("Expected a whole number from -1000000 to 1000000.");
}
