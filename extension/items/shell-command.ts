import { replaceInShellLine } from "../../protocol/shell-line.js";
import type { CommandTarget } from "../../protocol/target.js";
import { ItemsError } from "./item-source.js";

export interface ShellOptions {
  cwd?: string | undefined;
  env?: Record<string, string | null> | undefined;
}

const placeholder = /\{\{(?:item|index)\}\}|\{index\}|\{item(?:\.[A-Za-z_][\w.-]*)?\}/y;

/** Most bytes of output in a command's result. All output is streamed, whatever its length. */
const maxOutputBytes = 256 * 1024;

/**
 * A line for the shell as a target. Items never become part of the line, so nothing in them is read as shell: they are
 * its arguments, and `{item}` or `{item.name}` becomes `"${1}"`, written so that the quotes around it stay whole.
 * Without any, the item is the last argument. Fails with ItemsError when there is no command.
 */
export function shellCommand(line: string, { cwd, env }: ShellOptions = {}): CommandTarget {
  const trimmed = line.trim();
  if (trimmed === "") throw new ItemsError("there is no command: write one such as gzip -9 {item}");
  const items: string[] = [];
  const script = replaceInShellLine(trimmed, (text, at) => {
    placeholder.lastIndex = at;
    const name = placeholder.exec(text)?.[0];
    if (name === undefined) return null;
    // The server fills in `{index}`, and unescapes `{{item}}`.
    if (!name.startsWith("{item")) return { text: name, reference: null };
    if (!items.includes(name)) items.push(name);
    return { text: name, reference: `\${${items.indexOf(name) + 1}}` };
  });
  const args = items.length > 0 ? [script, "sh", ...items] : [`${script} "\${1}"`, "sh", "{item}"];
  return {
    command: "sh",
    args: ["-c", ...args],
    maxOutputBytes,
    ...(cwd === undefined ? {} : { cwd }),
    ...(env === undefined ? {} : { env }),
  };
}
