import * as nodeModule from "node:module";

type Strip = (
  source: string,
  options: { mode: "strip" | "transform"; sourceMap?: boolean; sourceUrl?: string },
) => string;

const strip = (nodeModule as unknown as { stripTypeScriptTypes?: Strip }).stripTypeScriptTypes;

/** Whether this Node can remove types from TypeScript: 22.13 and later. */
export const canStrip = strip !== undefined;

/**
 * Removes types with Node's own function: in place where that suffices; otherwise, for enums and other constructs that
 * are more than types, by translating them, with a source map. Throws Node's error for what Node cannot do.
 */
export function stripTypes(source: string, path: string): string {
  return quietly(() => {
    try {
      return strip!(source, { mode: "strip" });
    } catch (error) {
      if ((error as { code?: string }).code !== "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX") throw error;
      try {
        return strip!(source, { mode: "transform", sourceMap: true, sourceUrl: path });
      } catch (second) {
        // Node 26 has no such mode.
        throw (second as { code?: string }).code === "ERR_INVALID_ARG_VALUE" ? error : second;
      }
    }
  });
}

/** Node warns that the function is experimental. The user did not call it. */
function quietly<T>(action: () => T): T {
  const warn = process.emitWarning;
  process.emitWarning = () => {};
  try {
    return action();
  } finally {
    process.emitWarning = warn;
  }
}

/** Import clauses: `import a, { b, c as d } from "…"`. Without the whole line: removal keeps all positions. */
const clauses =
  /^([ \t]*import\s+)(?!type\b)([\w$]+\s*,\s*|)(?:(\{[^}]*\})|([\w$]+))(\s*from\s*(?:"[^"\n]*"|'[^'\n]*'))/gm;

/**
 * Removes imported names that the text does not use. TypeScript removes them, because they may be types; Node's
 * function keeps them. Positions stay as they are.
 */
export function withoutUnusedImports(code: string): string {
  const rest = withoutComments(code.replace(clauses, ""));
  const isUsed = (name: string) => new RegExp(`(?<![\\w$.])${name.replaceAll("$", "\\$")}(?![\\w$])`).test(rest);
  return code.replace(
    clauses,
    (all, start: string, first: string, list: string | undefined, single: string | undefined, from: string) => {
      const lone = single ?? /[\w$]+/.exec(first)?.[0];
      const keepLone = lone !== undefined && isUsed(lone);
      const kept = list === undefined ? undefined : keepNames(list, isUsed);
      if (!keepLone && (kept === undefined || kept.count === 0)) return blank(all);
      if (single !== undefined) return all;
      return start + (keepLone ? first : blank(first)) + kept!.text + from;
    },
  );
}

function keepNames(list: string, isUsed: (name: string) => boolean): { text: string; count: number } {
  let count = 0;
  const text = list.replace(/(?:type\s+)?[\w$]+(?:\s+as\s+([\w$]+))?\s*,?/g, (one, alias: string | undefined) => {
    const name = alias ?? /[\w$]+/.exec(one)![0];
    if (!isUsed(name)) return blank(one);
    count++;
    return one;
  });
  return { text, count };
}

function withoutComments(code: string): string {
  return code.replace(/(["'`])(?:\\[\s\S]|(?!\1)[^\\])*\1|\/\/.*|\/\*[\s\S]*?\*\//g, (found) =>
    found.startsWith("/") ? "" : found,
  );
}

function blank(text: string): string {
  return text.replace(/[^\n]/g, " ");
}
