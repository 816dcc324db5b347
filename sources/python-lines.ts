/** The beginning of a statement. Brackets, strings and comments are not separated from the text after them. */
export interface LogicalLine {
  /** From 0. */
  line: number;
  /** Characters before the code. */
  indent: number;
  /** The physical line from there on. */
  code: string;
}

const opening = "([{";
const closing = ")]}";

/**
 * The logical lines of a Python source. Lines inside brackets, in a string of several lines, or after a backslash
 * belong to the line before. Empty lines and comments are left out.
 *
 * The source may be incomplete. So that an open bracket does not hide everything after it, it ends at an unindented
 * line that begins with a keyword of a statement.
 */
export function* logicalLines(text: string): Generator<LogicalLine> {
  const lines = text.split(/\r\n|\r|\n/);
  let depth = 0;
  /** The quotes that end the string that is open: `"""` or `'''`, or one quote after a backslash. */
  let quotes: string | null = null;
  let continued = false;
  for (const [number, line] of lines.entries()) {
    if (quotes === null && depth > 0 && /^(?:async[ \t]+def|def|class|import|from|@)\b/.test(line)) depth = 0;
    const begins = quotes === null && depth === 0 && !continued;
    const indent = /^[ \t\f]*/.exec(line)![0].length;
    const code = line.slice(indent);
    if (begins && code !== "" && !code.startsWith("#")) yield { line: number, indent, code };
    continued = false;
    for (let at: number = quotes === null ? indent : 0; at < line.length; at++) {
      const char: string = line[at]!;
      const open: string | null = quotes;
      if (open !== null) {
        if (char === "\\") at++;
        else if (line.startsWith(open, at)) {
          at += open.length - 1;
          quotes = null;
        }
      } else if (char === "#") break;
      else if (char === '"' || char === "'") {
        const begun: string = line.startsWith(char.repeat(3), at) ? char.repeat(3) : char;
        quotes = begun;
        at += begun.length - 1;
      } else if (opening.includes(char)) depth++;
      else if (closing.includes(char)) depth = Math.max(0, depth - 1);
      else if (char === "\\" && at === line.length - 1) continued = true;
    }
    // Only a backslash carries a string with one quote to the next line.
    if (quotes !== null && quotes.length === 1 && !/(?<!\\)(?:\\\\)*\\$/.test(line)) quotes = null;
  }
}
