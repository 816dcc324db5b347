import { formatDuration, parseDuration } from "../../protocol/duration.js";
import { parseHalt } from "../../protocol/halt.js";
import type { RunOptions } from "./run.js";

/** What people can change about a run, in the order in which it is shown. */
const names = ["processes", "chunk", "timeout", "retries", "halt"] as const;
type Name = (typeof names)[number];

const maxProcesses = 4096;

export type ParsedOptions = { options: RunOptions } | { problem: string };

/** `processes=4 chunk=1 timeout=none retries=0 halt=never`; a command has no chunks. */
export function optionsText(options: RunOptions, isCommand: boolean): string {
  const { processes = 0, chunkSize = 1, timeoutMs = 0, retries = 0, halt } = options;
  return [
    `processes=${processes}`,
    ...(isCommand ? [] : [`chunk=${chunkSize}`]),
    `timeout=${timeoutMs === 0 ? "none" : durationText(timeoutMs)}`,
    `retries=${retries}`,
    `halt=${halt ? `${halt.now ? "now" : "soon"},fail=${halt.failures}` : "never"}`,
  ].join(" ");
}

/** Reads the text that `optionsText` wrote and the user has edited. Options that it does not name stay undefined. */
export function parseOptions(text: string): ParsedOptions {
  const options: RunOptions = {};
  for (const word of text.trim().split(/\s+/)) {
    if (word === "") continue;
    const [, name, value] = /^([^=]*)=(.*)$/.exec(word) ?? [];
    if (name === undefined || value === undefined) return { problem: `"${word}" is not of the form name=value` };
    if (!(names as readonly string[]).includes(name))
      return { problem: `there is no option "${name}": they are ${names.join(", ")}` };
    const problem = readOption(name as Name, value, options);
    if (problem !== null) return { problem };
  }
  return { options };
}

function readOption(name: Name, value: string, options: RunOptions): string | null {
  switch (name) {
    case "processes":
      if (!isCount(value, 0, maxProcesses))
        return `processes is how many run at a time, 1 to ${maxProcesses}, or 0 for one for each CPU`;
      options.processes = Number(value);
      return null;
    case "chunk":
      if (!isCount(value, 1)) return "chunk is how many items a worker is given at once, from 1 on";
      options.chunkSize = Number(value);
      return null;
    case "timeout": {
      const ms = value === "none" ? 0 : parseDuration(value);
      if (ms === undefined || (ms === 0 && value !== "none"))
        return "timeout is the limit of each item, such as 500ms, 30s or 2m, or none";
      options.timeoutMs = ms;
      return null;
    }
    case "retries":
      if (!isCount(value, 0)) return "retries is how many times more a failed item is tried, from 0 on";
      options.retries = Number(value);
      return null;
    case "halt": {
      const halt = parseHalt(value);
      if (!halt) return "halt is never, soon or now, or says at which failure: soon,fail=3";
      if (halt.when !== "never")
        options.halt = { failures: halt.failures, ...(halt.when === "now" ? { now: true } : {}) };
      return null;
    }
  }
}

function isCount(text: string, minimum: number, maximum: number = Number.MAX_SAFE_INTEGER): boolean {
  return /^\d+$/.test(text) && Number(text) >= minimum && Number(text) <= maximum;
}

/** As `parseDuration` reads it, without loss. */
function durationText(ms: number): string {
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`;
}

/** For people: `4 processes, 30 s for each item, 2 retries`. */
export function describeOptions(options: RunOptions, isCommand: boolean): string {
  const { processes = 0, chunkSize = 1, timeoutMs = 0, retries = 0, halt } = options;
  return [
    processes === 0 ? "one process for each CPU" : `${processes} ${processes === 1 ? "process" : "processes"}`,
    ...(isCommand || chunkSize === 1 ? [] : [`chunks of ${chunkSize}`]),
    timeoutMs === 0 ? "no time limit" : `${formatDuration(timeoutMs)} for each item`,
    ...(retries === 0 ? [] : [`${retries} ${retries === 1 ? "retry" : "retries"}`]),
    ...(halt ? [`ends at ${halt.failures === 1 ? "the first failure" : `failure ${halt.failures}`}`] : []),
  ].join(", ");
}
