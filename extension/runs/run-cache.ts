import type { Cache } from "../../protocol/run.js";
import type { Row, RunOptions, RunRequest } from "./run.js";

/** Variables that only say how output is shown: another width of the terminal changes no outcome. */
const display: ReadonlySet<string> = new Set(["COLUMNS", "FORCE_COLOR", "CLICOLOR_FORCE"]);

/** `cache` of `run/start`; empty: every item runs. `setting`: what counts if the user's own run does not say. */
export function cacheOf(
  { target, env, options, origin }: Pick<RunRequest, "target" | "env" | "options" | "origin">,
  setting: RunOptions["cache"],
): { cache?: Cache } {
  // The server refuses these: an explicit choice gets its error, the setting does not apply.
  const isPossible = options.where !== "cluster" && !("source" in target);
  const chosen = options.cache ?? (isPossible && origin !== "api" && setting);
  if (!chosen) return {};
  const variables = Object.keys(("command" in target ? target.env : env) ?? {});
  return { cache: { env: variables.filter((name) => !display.has(name)), ...(chosen === true ? {} : chosen) } };
}

/** The options of a run that repeats these rows: rows that have succeeded are repeated so that they run. */
export function optionsOfAgain(options: RunOptions, rows: readonly Row[]): RunOptions {
  return rows.some(({ state }) => state === "done") ? { ...options, cache: false } : options;
}
