import { formatDuration, parseDuration } from "../../protocol/duration.js";
import { parseHalt } from "../../protocol/halt.js";
import type { RunOptions } from "./run.js";
import { t } from "../l10n.js";

/** What people can change about a run, in the order in which it is shown. */
const names = ["processes", "chunk", "timeout", "retries", "halt", "cache", "where"] as const;
type Name = (typeof names)[number];

const maxProcesses = 4096;

export type ParsedOptions = { options: RunOptions } | { problem: string };

/**
 * `processes=4 chunk=1 timeout=none retries=0 halt=never cache=no where=here`; a command has no chunks, and there is no
 * choice of the place without a cluster.
 */
export function optionsText(options: RunOptions, isCommand: boolean, hasCluster = false): string {
  const { processes = 0, chunkSize = 1, timeoutMs = 0, retries = 0, halt, where = "here" } = options;
  return [
    `processes=${processes}`,
    ...(isCommand ? [] : [`chunk=${chunkSize}`]),
    `timeout=${timeoutMs === 0 ? "none" : durationText(timeoutMs)}`,
    `retries=${retries}`,
    `halt=${halt ? `${halt.now ? "now" : "soon"},fail=${halt.failures}` : "never"}`,
    `cache=${options.cache ? "yes" : "no"}`,
    ...(hasCluster ? [`where=${where}`] : []),
  ].join(" ");
}

/** Reads the text that `optionsText` wrote and the user has edited. Options that it does not name stay undefined. */
export function parseOptions(text: string): ParsedOptions {
  const options: RunOptions = {};
  for (const word of text.trim().split(/\s+/)) {
    if (word === "") continue;
    const [, name, value] = /^([^=]*)=(.*)$/.exec(word) ?? [];
    if (name === undefined || value === undefined) return { problem: t("{0}: expected name=value", `"${word}"`) };
    if (!(names as readonly string[]).includes(name))
      return { problem: t("there is no option {0}: they are {1}", `"${name}"`, names.join(", ")) };
    const problem = readOption(name as Name, value, options);
    if (problem !== null) return { problem };
  }
  if (options.cache && options.where === "cluster")
    return { problem: t("outcomes of a cluster are not kept: write cache=no or where=here") };
  return { options };
}

function readOption(name: Name, value: string, options: RunOptions): string | null {
  switch (name) {
    case "processes":
      if (!isCount(value, 0, maxProcesses))
        return t("processes is how many run at a time, 1 to {0}, or 0 for one for each CPU", maxProcesses);
      options.processes = Number(value);
      return null;
    case "chunk":
      if (!isCount(value, 1)) return t("chunk is how many items a worker is given at once, from 1 on");
      options.chunkSize = Number(value);
      return null;
    case "timeout": {
      const ms = value === "none" ? 0 : parseDuration(value);
      if (ms === undefined || (ms === 0 && value !== "none"))
        return t("timeout is the limit of each item, such as 500ms, 30s or 2m, or none");
      options.timeoutMs = ms;
      return null;
    }
    case "retries":
      if (!isCount(value, 0)) return t("retries is how many times more a failed item is tried, from 0 on");
      options.retries = Number(value);
      return null;
    case "halt": {
      const halt = parseHalt(value);
      if (!halt) return t("halt is never, soon or now, or says at which failure: soon,fail=3");
      if (halt.when !== "never")
        options.halt = { failures: halt.failures, ...(halt.when === "now" ? { now: true } : {}) };
      return null;
    }
    case "cache":
      if (value !== "yes" && value !== "no") return t("cache is yes or no");
      options.cache = value === "yes";
      return null;
    case "where":
      if (value !== "here" && value !== "cluster") return t("where is here or cluster");
      options.where = value;
      return null;
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
  const { processes = 0, chunkSize = 1, timeoutMs = 0, retries = 0, halt, where } = options;
  const isOnCluster = where === "cluster";
  return [
    ...(isOnCluster ? [t("on the cluster")] : []),
    processes === 0 && isOnCluster
      ? t("as many processes as its hosts have")
      : processes === 0
        ? t("one process for each CPU")
        : t(processes === 1 ? "{0} process" : "{0} processes", processes),
    ...(isCommand || chunkSize === 1 ? [] : [t("chunks of {0}", chunkSize)]),
    timeoutMs === 0 ? t("no time limit") : t("{0} for each item", formatDuration(timeoutMs)),
    ...(retries === 0 ? [] : [t(retries === 1 ? "{0} retry" : "{0} retries", retries)]),
    ...(options.cache ? [t("replays what has not changed")] : []),
    ...(halt ? [halt.failures === 1 ? t("ends at the first failure") : t("ends at failure {0}", halt.failures)] : []),
  ].join(", ");
}
