import type { Target } from "../../../protocol/target.js";

/** Where the source of a target may be. */
export type SourceHint =
  /** `file` is absolute. */
  | { kind: "module"; file: string; export: string }
  /** Only the module's name is known, as in `hash.js#digest`. */
  | { kind: "moduleName"; name: string; export: string }
  /** Words of a command line; one of them may be its script. */
  | { kind: "command"; words: readonly string[]; cwd: string | null };

/** From what a run was asked for. Null when its source is a text and in no file. */
export function hintOfTarget(target: Target): SourceHint | null {
  if ("command" in target) return { kind: "command", words: [target.command, ...(target.args ?? [])], cwd: target.cwd ?? null };
  if ("source" in target) return null;
  return { kind: "module", file: target.module, export: target.export ?? "default" };
}

/** From the text that a process says it runs. */
export function hintOfText(text: string): SourceHint | null {
  const module = /^([^\s#]+\.(?:[cm]?[jt]sx?|py))#([\p{ID_Start}$_][\p{ID_Continue}$.]*)$/u.exec(text);
  if (module) return { kind: "moduleName", name: module[1]!, export: module[2]! };
  const words = text.split(/\s+/).filter((word) => word !== "");
  // A function's text has braces or an arrow; `{item}` of a command is no such brace.
  return words.length === 0 || /=>|^(?:async\s+)?function\b/.test(text) ? null : { kind: "command", words, cwd: null };
}

/** Words that can be the path of a file: no options, no placeholders. */
export function fileWords(words: readonly string[]): string[] {
  return words.filter((word) => !word.startsWith("-") && !/[{}*?<>|]/.test(word) && word !== "");
}
