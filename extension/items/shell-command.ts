import type { CommandTarget } from "../../protocol/target.js";
import { ItemsError } from "./item-source.js";

export interface ShellOptions {
  cwd?: string | undefined;
  env?: Record<string, string | null> | undefined;
}

const placeholder = /\{\{(?:item|index)\}\}|\{index\}|\{item(?:\.[A-Za-z_][\w.-]*)?\}/y;

/** How much of a command's output its result keeps; output itself is streamed, whatever its length. */
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
  const script = replacePlaceholders(trimmed, (name) => {
    if (!items.includes(name)) items.push(name);
    return `\${${items.indexOf(name) + 1}}`;
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

/** `plain`: words of a command, also within parentheses and backticks. */
type Context = "plain" | "parentheses" | "backticks" | "double";

/**
 * Parses the line as a shell does. Placeholders that the server fills in (`{index}`) or unescapes (`{{item}}`) stay.
 */
function replacePlaceholders(line: string, reference: (item: string) => string): string {
  const contexts: Context[] = ["plain"];
  let script = "";
  let singleQuoted = false;
  for (let at = 0; at < line.length; at++) {
    const context = contexts.at(-1)!;
    const character = line[at]!;
    placeholder.lastIndex = at;
    const found = placeholder.exec(line)?.[0];
    if (found !== undefined) {
      const isItem = found.startsWith("{item");
      script += !isItem
        ? found
        : singleQuoted
          ? `'"${reference(found)}"'`
          : context === "double"
            ? reference(found)
            : `"${reference(found)}"`;
      at += found.length - 1;
      continue;
    }
    script += character;
    if (singleQuoted) singleQuoted = character !== "'";
    else if (character === "\\") script += line[++at] ?? "";
    else if (character === '"') {
      if (context === "double") contexts.pop();
      else contexts.push("double");
    } else if (character === "`") {
      if (context === "backticks") contexts.pop();
      else contexts.push("backticks");
    } else if (context === "double") {
      if (character === "$" && line[at + 1] === "(") {
        script += line[++at];
        contexts.push("parentheses");
      }
    } else if (character === "'") singleQuoted = true;
    else if (character === "(") contexts.push("parentheses");
    else if (character === ")" && context === "parentheses") contexts.pop();
  }
  return script;
}
