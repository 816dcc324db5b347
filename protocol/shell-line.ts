/** Something in a shell line that is to be replaced. */
export interface Found {
  /** As it stands in the line. */
  text: string;
  /** A parameter such as `${1}`, which is quoted for its place. Null: the text stays. */
  reference: string | null;
}

/** `plain`: words of a command, also within parentheses and backticks. */
type Context = "plain" | "parentheses" | "backticks" | "double";

/**
 * Parses the line as a shell does, and replaces what `find` finds at a position. A reference is written so that its
 * value is never read as shell, and that the quotes around it stay whole.
 */
export function replaceInShellLine(line: string, find: (line: string, at: number) => Found | null): string {
  const contexts: Context[] = ["plain"];
  let script = "";
  let singleQuoted = false;
  for (let at = 0; at < line.length; at++) {
    const context = contexts.at(-1)!;
    const character = line[at]!;
    const found = find(line, at);
    if (found) {
      const { text, reference } = found;
      script +=
        reference === null
          ? text
          : singleQuoted
            ? `'"${reference}"'`
            : context === "double"
              ? reference
              : `"${reference}"`;
      at += text.length - 1;
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
