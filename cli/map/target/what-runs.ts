import { replaceInShellLine } from "../../../protocol/shell-line.js";
import { UsageError } from "../../usage-error.js";
import { group } from "./grouping.js";
import type { Grouping } from "../items/item-options.js";
import type { Item, ItemSource } from "../items/items.js";
import { Template, type Spread } from "./template.js";

/** A command for items: its program, and how its arguments are made. */
export interface ItemCommand {
  /** The command as the user gave it, for the server to fill in. */
  words: readonly string[];
  template: Template;
}

/** Reads the command. Throws UsageError if it has something that looks like a replacement and is none. */
export function itemCommand(words: readonly string[], names: readonly string[], spread: Spread): ItemCommand {
  return { words, template: new Template(words.slice(1), names, spread) };
}

/** The words with `{}` for each `replaced`, which then stands for the item; `{}` itself is text. */
export function replacing(words: readonly string[], replaced: string): string[] {
  if (replaced === "") throw new UsageError("-I: the text that stands for the item is empty");
  return words.map((word) =>
    word
      .split(replaced)
      .map((part) => part.replace(/\{\{\}\}|\{\}/g, "{{}}"))
      .join("{}"),
  );
}

/** Puts several items together for each command. With as many as fit, each of the jobs gets its share. */
export function regroup(source: ItemSource, { max }: Grouping, words: readonly string[], jobs: number): void {
  const { total } = source;
  source.items = group(source.items, {
    max: max ?? (total === null ? null : Math.max(1, Math.ceil(total / jobs))),
    lineBytes: words.reduce((sum, word) => sum + Buffer.byteLength(word) + 9, 0),
  });
  source.total = total === null || max === null ? null : Math.ceil(total / max);
}

/** The arguments of the command for this item. */
export function argumentsFor(
  { template }: ItemCommand,
  item: Item & { ok: true },
  names: readonly string[],
  index: number,
  slot: number,
): string[] {
  return template.fill({ fields: item.fields, names, value: item.value, index, slot });
}

const inLine = /\{\{\}\}|\{(?:#|%|index|item(?:\.[A-Za-z_][\w.-]*)?|(?:-?\d+|[A-Za-z_]\w*)?(?:\.|\/\/|\/\.|\/)?)\}/y;

/**
 * The command for a line of shell. Each replacement in it is an argument of the shell, so nothing in an item is read as
 * shell. Without any, the item is the last argument of the line's last command, unless `takesItem` is false.
 */
export function shellWords(line: string, names: readonly string[], takesItem = true): string[] {
  if (line.trim() === "") throw new UsageError("--shell: the line is empty");
  const values: string[] = [];
  const script = replaceInShellLine(line, (text, at) => {
    inLine.lastIndex = at;
    const found = inLine.exec(text)?.[0];
    if (found === undefined) return null;
    // Words in braces that name no field belong to the shell: `{ a; }`, `${name}`.
    if (/^\{[A-Za-z_]\w*\}$/.test(found) && !/^\{(?:item|index)\}$/.test(found) && !names.includes(found.slice(1, -1)))
      return null;
    if (text[at - 1] === "$") return null;
    if (!values.includes(found)) values.push(found);
    return { text: found, reference: `\${${values.indexOf(found) + 1}}` };
  });
  return values.length > 0 || !takesItem
    ? ["sh", "-c", script, "sh", ...values]
    : ["sh", "-c", `${script} "\${1}"`, "sh", "{}"];
}
