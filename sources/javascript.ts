import { parse, type ParserPlugin } from "@babel/parser";
import type { FoundFunction } from "./found-function.js";
import { ModuleExports } from "./module-exports.js";
import type { Statement } from "./syntax.js";

export interface Dialect {
  jsx: boolean;
  typescript: boolean;
}

/**
 * The functions and runnable classes that a JavaScript or TypeScript module exports, in the order of the source. The
 * source may be incomplete, because the user is typing.
 */
export function findJavascriptFunctions(text: string, dialect: Dialect): FoundFunction[] {
  const moduleExports = new ModuleExports(dialect.typescript);
  const whole = statements(text, dialect);
  if (whole) moduleExports.add(whole);
  else
    for (const [part, line] of topLevelParts(text))
      moduleExports.add(statements(part, dialect, line) ?? statements(firstBlock(part), dialect, line) ?? []);
  return moduleExports.functions();
}

/** Null when the parser cannot read it, although it tolerates many errors. */
function statements(text: string, { jsx, typescript }: Dialect, startLine = 1): Statement[] | null {
  const plugins: ParserPlugin[] = ["decorators", "explicitResourceManagement"];
  if (typescript) plugins.push("typescript");
  if (jsx) plugins.push("jsx");
  try {
    return parse(text, {
      sourceType: "unambiguous",
      errorRecovery: true,
      allowReturnOutsideFunction: true,
      allowAwaitOutsideFunction: true,
      allowImportExportEverywhere: true,
      allowUndeclaredExports: true,
      startLine,
      plugins,
    }).program.body;
  } catch {
    return null;
  }
}

const keywords = "export import function async class abstract const let var type interface enum declare";
const beginsStatement = new RegExp(`^(?:${keywords.replaceAll(" ", "|")}|module\\.exports|exports\\.|@)(?![\\w$])`);

/** The text up to the first closing bracket at the start of a line. The syntax error may be after it. */
function firstBlock(part: string): string {
  const end = /^[}\])]+;?[ \t]*$/m.exec(part);
  return end ? part.slice(0, end.index + end[0].length) : "";
}

/**
 * The source, cut where a statement begins without indentation: a syntax error then hides only its own part. Each part
 * comes with its first line, from 1.
 */
function topLevelParts(text: string): [part: string, line: number][] {
  const parts: [string, number][] = [];
  let lines: string[] = [];
  let first = 1;
  for (const [index, line] of text.split("\n").entries()) {
    if (beginsStatement.test(line) && lines.length > 0) {
      parts.push([lines.join("\n"), first]);
      lines = [];
      first = index + 1;
    }
    lines.push(line);
  }
  parts.push([lines.join("\n"), first]);
  return parts;
}
