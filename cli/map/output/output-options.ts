import { type Command, Option } from "commander";
import { UsageError } from "../../usage-error.js";
import type { Streaming } from "./stream-printer.js";

/** `bar`: live on a terminal, elsewhere `lines`. `json`: an object a line. */
export type ProgressKind = "none" | "bar" | "lines" | "json";

/** What the command line says of how a map is shown. */
export interface OutputOptions {
  keepOrder?: true;
  json?: true;
  tag?: true;
  tagstring?: string;
  lineBuffer?: true;
  ungroup?: true;
  results?: string;
  files?: true;
  quiet?: true;
  progress?: ProgressKind;
  eta?: true;
}

export function addOutputOptions(command: Command): Command {
  return command
    .option("-k, --keep-order", "print in the order of the items, not as they end")
    .option("--json", "print a JSON object for each item: {index, item, ok, value | error, ms, pid, host?}")
    .option("--tag", "begin each line of output with its item and a tab")
    .option("--tagstring <text>", "begin each line with this text and a tab, with {}, {1} ... as in the command")
    .option("--lb, --line-buffer", "print each line as soon as it is complete, not when the command has ended")
    .option("-u, --ungroup", "print output as it comes; that of several commands may mix within lines")
    .option(
      "--results <folder>",
      "do not print the outputs of commands, but keep them in files: FOLDER/1/ITEM/stdout, stderr and seq; a field " +
        "more adds /2/FIELD",
    )
    .option("--files", "print the name of the file with the output in place of it; the files stay")
    .addOption(
      new Option("--progress [how]", "on standard error: bar (elsewhere than on a terminal lines), lines, json or none")
        .choices(["none", "bar", "lines", "json"])
        .preset("bar")
        .default(undefined, "bar"),
    )
    .addOption(new Option("--bar").hideHelp().implies({ progress: "bar" }))
    .option("--eta", "progress each second, also where no bar can be shown; the remaining time from the third item on")
    .option("-q, --quiet", "no progress and no summary; failures are told all the same");
}

/** Throws UsageError for options that contradict each other. */
export function checkOutput(
  { json, tag, tagstring, keepOrder, lineBuffer, ungroup, results, files, quiet, progress, eta }: OutputOptions,
  { detach, cluster, module }: { detach?: true; cluster?: unknown; module?: string },
): void {
  if (tag && tagstring !== undefined)
    throw new UsageError("--tag and --tagstring both say how a line begins: give one of them");
  const tagging = tag ? "--tag" : tagstring === undefined ? null : "--tagstring";
  if (tagstring !== undefined && module !== undefined)
    throw new UsageError("--tagstring is for the output of commands; --module names a function: use --tag");
  if (json && tagging) throw new UsageError(`${tagging} is for lines of text; with --json each object names its item`);
  if (json && files) throw new UsageError("--json prints the output, --files the names of files: give one of them");
  if (tagging && files)
    throw new UsageError(`${tagging} marks lines of output, which --files does not print: leave it out`);
  if (quiet && (progress !== undefined || eta))
    throw new UsageError("-q shows no progress: leave it out, or --progress and --eta");
  if (eta && (progress === "none" || progress === "json"))
    throw new UsageError(`--eta is for people, --progress ${progress} is not: leave one of them out`);
  if (lineBuffer && ungroup)
    throw new UsageError("--line-buffer keeps lines whole, --ungroup does not: give one of them");
  if (ungroup && tagging) throw new UsageError(`${tagging} needs whole lines: use --line-buffer in place of --ungroup`);
  const streams = lineBuffer ? "--line-buffer" : ungroup ? "--ungroup" : null;
  for (const [name, value] of [
    ["-k", keepOrder],
    ["--json", json],
    ["--results", results],
    ["--files", files],
  ] as const)
    if (streams !== null && value !== undefined)
      throw new UsageError(
        `${streams} prints output while commands run, so ${name} cannot be obeyed: leave one of them out`,
      );
  for (const [name, value] of [
    ["--line-buffer", lineBuffer],
    ["--ungroup", ungroup],
    ["--results", results],
    ["--files", files],
  ] as const) {
    if (value === undefined) continue;
    if (module !== undefined) throw new UsageError(`${name} is for the output of commands; --module names a function`);
    if (detach) throw new UsageError(`${name} needs a map that waits for its items: leave --detach out`);
    if (cluster !== undefined) throw new UsageError(`${name} is for commands on this machine: leave --cluster out`);
  }
  if (results !== undefined && /\.(csv|tsv|json)$|\{.*\}/.test(results))
    throw new UsageError(
      `--results takes a folder, got ${JSON.stringify(results)}; for one JSON object an item use --json`,
    );
}

/** What is shown, and how often at least. */
export function progressOf({ quiet, progress, eta }: OutputOptions): { kind: ProgressKind; everySecond: boolean } {
  return { kind: quiet ? "none" : (progress ?? "bar"), everySecond: eta === true || progress === "json" };
}

/** How output is printed while commands run. Null: the output of a command is printed when it has ended. */
export function streamingOf({ lineBuffer, ungroup }: OutputOptions): Streaming | null {
  return lineBuffer ? "lines" : ungroup ? "pieces" : null;
}
