import type { FoundFunction } from "./found-function.js";
import { logicalLines, type LogicalLine } from "./python-lines.js";

/**
 * The functions of a Python module that another process can import: `def` and `async def` at its top, and classes there
 * that have a method `run`. Names that begin with `_` are private by convention. Of two with one name the last counts,
 * as in Python.
 */
export function findPythonFunctions(text: string): FoundFunction[] {
  const found = new Map<string, FoundFunction>();
  let openClass: FoundFunction | null = null;
  /** Indentation of the body of `openClass`. */
  let bodyIndent: number | null = null;
  for (const line of logicalLines(text)) {
    if (line.indent > 0) {
      if (!openClass) continue;
      bodyIndent ??= line.indent;
      if (line.indent === bodyIndent && definition(line)?.name === "run") found.set(openClass.name, openClass);
      continue;
    }
    openClass = null;
    bodyIndent = null;
    const defined = definition(line);
    if (!defined) continue;
    const { name, column, isClass } = defined;
    // A later definition takes the place of an earlier one, whatever it is.
    found.delete(name);
    if (name.startsWith("_")) continue;
    const entry: FoundFunction = { export: name, name, kind: isClass ? "class" : "function", line: line.line, column };
    if (isClass) openClass = entry;
    else found.set(name, entry);
  }
  return [...found.values()].sort((a, b) => a.line - b.line);
}

function definition({ indent, code }: LogicalLine): { name: string; column: number; isClass: boolean } | null {
  const match = /^((?:async[ \t]+)?def|class)([ \t]+)([\p{ID_Start}_][\p{ID_Continue}]*)[ \t]*([([:])/u.exec(code);
  if (!match) return null;
  const [, keyword, space, name, next] = match;
  const isClass = keyword === "class";
  // `def f:` is no function.
  if (!isClass && next === ":") return null;
  return { name: name!, column: indent + keyword!.length + space!.length, isClass };
}
