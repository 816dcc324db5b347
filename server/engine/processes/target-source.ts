import type { ProcessInfo } from "../../../protocol/process.js";
import type { Target } from "../../../protocol/target.js";
import type { CommandSpec } from "./spawner.js";

export type TargetSource = NonNullable<ProcessInfo["source"]>;

/** Where files are, by their names alone: no file is looked at. */
export interface FilePaths {
  /** The folder that children start in unless another is given. */
  readonly cwd: string;
  /** The absolute path that `path` means to who stands in `folder`, itself absolute. */
  resolve(folder: string, path: string): string;
  /** The path that a module's absolute path or `file:` URL names; null when it is neither. */
  ofModule(module: string): string | null;
}

const interpreterNames =
  "node nodejs tsx ts-node python pypy perl ruby php lua luajit Rscript julia tclsh sh bash dash ksh zsh fish";
/** Programs that take their script as the first argument, in whatever version. */
const interpreters = new RegExp(`^(?:${interpreterNames.replaceAll(" ", "|")})[\\d.]*(?:\\.exe)?$`);
/** Endings of scripts that are programs themselves. */
const scripts = /\.(?:[cm]?[jt]s|py|pl|rb|php|lua|r|jl|tcl|sh|bash|ksh|zsh|fish)$/i;

/** Where the code of a function is; null for a text. */
export function sourceOfFunction(target: Exclude<Target, { command: string }>, paths: FilePaths): TargetSource | null {
  const file = "module" in target ? paths.ofModule(target.module) : null;
  return file === null || !("module" in target) ? null : { file, export: target.export ?? "default" };
}

/** Which script a command runs in this folder; null when its words do not tell. */
export function sourceOfCommand(
  { command, args }: Pick<CommandSpec, "command" | "args">,
  folder: string,
  paths: FilePaths,
): TargetSource | null {
  const name = command.slice(command.lastIndexOf("/") + 1);
  const [first] = args;
  if (interpreters.test(name))
    return first === undefined || first === "" || first.startsWith("-")
      ? null
      : { file: paths.resolve(folder, first), export: null };
  // Without a slash it is looked for in PATH.
  return command.includes("/") && scripts.test(name) ? { file: paths.resolve(folder, command), export: null } : null;
}
