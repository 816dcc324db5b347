import { basename, dirname } from "node:path";
import { UsageError } from "../../usage-error.js";

/** A part of a word of the command. */
export type Part =
  | { kind: "text"; text: string }
  | { kind: "sequence" | "slot" | "index" }
  /** `field`: position from 1, from the end when negative, or a name; null: all fields of the item. */
  | { kind: "field"; field: number | string | null; form: Form; shown: string }
  | { kind: "member"; path: string };

/** `""`: as it is; `.`: without its extension; `/`: its last part; `//`: its folder; `/.`: both of the first two. */
export type Form = "" | "." | "/" | "//" | "/.";

const replacement = new RegExp(
  [
    String.raw`\{\{\}\}`,
    String.raw`\{\{(item|index)\}\}`,
    String.raw`\{(#|%|index)\}`,
    String.raw`\{item(?:\.([A-Za-z_][\w.-]*))?\}`,
    String.raw`\{(-?\d+|[A-Za-z_]\w*)?(\.|\/\/|\/\.|\/)?\}`,
  ].join("|"),
  "g",
);

/** GNU parallel computes it in Perl. As plain text, it would run a command that was not meant. */
const perl = /\{=.*?=\}/s;

/** What parts of commands refer to, besides positions. */
export interface KnownNames {
  /** Names of the fields, from the header. */
  names: readonly string[];
}

/**
 * Reads a word of a command. A name in braces that is no field is plain text, as in `awk '{print}'`. Throws UsageError
 * if it has the form of a replacement, such as `{name.}`, and cannot be one, or is a Perl expression.
 */
export function readWord(word: string, { names }: KnownNames): Part[] {
  const [expression] = perl.exec(word) ?? [];
  if (expression !== undefined)
    throw new UsageError(
      `${expression} is Perl, which is not run here: compute it in a shell (--shell), or map a function (--module)`,
    );
  const parts: Part[] = [];
  let from = 0;
  for (const found of word.matchAll(replacement)) {
    // `${1}` and `${name}` belong to a shell.
    if (word[found.index - 1] === "$" && /^\{[^{}]+\}$/.test(found[0]) && !found[0].startsWith("{item")) continue;
    const part = readReplacement(found, names);
    if (part === null) continue;
    if (found.index > from) parts.push({ kind: "text", text: word.slice(from, found.index) });
    parts.push(part);
    from = found.index + found[0].length;
  }
  if (from < word.length || word === "") parts.push({ kind: "text", text: word.slice(from) });
  return parts;
}

function readReplacement(found: RegExpMatchArray, names: readonly string[]): Part | null {
  const [shown, literal, counter, member, field, form = ""] = found;
  if (shown === "{{}}") return { kind: "text", text: "{}" };
  if (literal !== undefined) return { kind: "text", text: `{${literal}}` };
  if (counter !== undefined) return { kind: counter === "#" ? "sequence" : counter === "%" ? "slot" : "index" };
  if (member !== undefined) return { kind: "member", path: member };
  if (shown === "{item}" || field === undefined) return { kind: "field", field: null, form: form as Form, shown };
  if (/^-?\d+$/.test(field)) return { kind: "field", field: Number(field), form: form as Form, shown };
  if (names.includes(field)) return { kind: "field", field, form: form as Form, shown };
  if (names.length === 0 && form === "") return null;
  throw new UsageError(
    names.length === 0
      ? `${shown} names a field, but the items have no header (--header :); for the text itself write sh -c`
      : `${shown}: there is no field ${JSON.stringify(field)}; the header has ${names.join(", ")}`,
  );
}

export function apply(form: Form, text: string): string {
  switch (form) {
    case "":
      return text;
    case ".":
      return withoutExtension(text);
    case "/":
      return basename(text);
    case "//":
      return dirname(text);
    case "/.":
      return withoutExtension(basename(text));
  }
}

function withoutExtension(path: string): string {
  return path.replace(/\.[^/.]*$/, "");
}
