import type { FoundFunction } from "./found-function.js";
import { takesOneArgument } from "./python-signature.js";
import { logicalLines, type LogicalLine } from "./python-lines.js";

/** Longest list of parameters that is looked at. */
const maxSignatureLines = 100;

/**
 * The functions of a Python module that another process can import: `def` and `async def` at its top, and classes there
 * that have a method `run`. Generators are none: their results cannot be sent. Names that begin with `_` are private by
 * convention. Of two with one name the last counts, as in Python.
 */
export function findPythonFunctions(text: string): FoundFunction[] {
  const found = new Map<string, FoundFunction>();
  const lines = text.split(/\r\n|\r|\n/);
  let openClass: FoundFunction | null = null;
  let openFunction: FoundFunction | null = null;
  /** Indentation of a function inside `openFunction`. */
  let innerIndent: number | null = null;
  /** Indentation of the body of `openClass`. */
  let bodyIndent: number | null = null;
  for (const line of logicalLines(text)) {
    if (line.indent > 0) {
      if (innerIndent !== null && line.indent <= innerIndent) innerIndent = null;
      if (openFunction && innerIndent === null) {
        if (yields(line)) found.delete(openFunction.name);
        else if (definition(line)) innerIndent = line.indent;
      }
      if (!openClass) continue;
      bodyIndent ??= line.indent;
      if (line.indent === bodyIndent && definition(line)?.name === "run") found.set(openClass.name, openClass);
      continue;
    }
    openClass = null;
    openFunction = null;
    innerIndent = null;
    bodyIndent = null;
    const defined = definition(line);
    if (!defined) continue;
    const { name, column, isClass } = defined;
    // A later definition replaces an earlier one, whatever it is.
    found.delete(name);
    if (name.startsWith("_")) continue;
    const entry: FoundFunction = {
      export: name,
      name,
      kind: isClass ? "class" : "function",
      fits: true,
      line: line.line,
      column,
    };
    if (isClass) {
      openClass = entry;
      continue;
    }
    const signature = [
      lines[line.line]!.slice(column + name.length),
      ...lines.slice(line.line + 1, line.line + maxSignatureLines),
    ];
    entry.fits = takesOneArgument(signature.join("\n"));
    found.set(name, entry);
    // Unless its body is on the same line.
    if (/:\s*(?:#.*)?$|[(,]\s*(?:#.*)?$/.test(line.code)) openFunction = entry;
    else if (/\byield\b/.test(line.code)) found.delete(name);
  }
  return [...found.values()].sort((a, b) => a.line - b.line);
}

/** A statement of a generator: it gives a value with `yield`, which occurs in no string or comment. */
function yields({ code }: LogicalLine): boolean {
  const plain = code.replaceAll(/(["'])(?:\\.|(?!\1).)*(?:\1|$)|#.*/g, "");
  return /(?:^|[=(,\s])yield\b/.test(plain);
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
