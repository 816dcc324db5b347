import { UsageError } from "../../usage-error.js";
import { apply, readWord, type Part } from "./replacements.js";

/** One item, as a command sees it. */
export interface Filling {
  fields: readonly string[];
  /** Names of the fields, from the header. */
  names: readonly string[];
  value: unknown;
  index: number;
  /** Which of the items that run at a time it is, from 1. */
  slot: number;
}

/** How a word with `{}` becomes words when an item has several fields. */
export type Spread =
  /** `x{}y` becomes `xa`, `by`. */
  | "join"
  /** `x{}y` becomes `xay`, `xby`. */
  | "repeat"
  /** There is no item: the command gets it as standard input. */
  | "none";

/** The words of a command after the program, with what stands for the item. */
export class Template {
  readonly #words: readonly (readonly Part[])[];
  readonly #spread: Spread;

  constructor(args: readonly string[], names: readonly string[], spread: Spread) {
    const words = args.map((arg) => readWord(arg, { names }));
    const taking = words.flat().find(({ kind }) => kind === "field" || kind === "member");
    if (taking && spread === "none")
      throw new UsageError(
        `${"shown" in taking ? taking.shown : "{item}"} stands for an item, and --pipe gives the command standard ` +
          "input: leave it out ({#} is the number of the block)",
      );
    this.#words =
      taking || spread === "none" ? words : [...words, [{ kind: "field", field: null, form: "", shown: "{}" }]];
    this.#spread = spread;
  }

  /** Whether the server can fill it in by itself. */
  get isPlain(): boolean {
    return this.#words.every((parts) =>
      parts.every(
        (part) =>
          part.kind === "text" ||
          part.kind === "index" ||
          part.kind === "member" ||
          (part.kind === "field" && part.field === null && part.form === ""),
      ),
    );
  }

  /** The words with `{item}` for all that comes from an item. */
  get shown(): string[] {
    return this.#words.map((parts) =>
      parts
        .map((part) =>
          part.kind === "text" ? part.text : part.kind === "field" || part.kind === "member" ? "{item}" : "1",
        )
        .join(""),
    );
  }

  /** Throws an Error that names what the item does not have. */
  fill(filling: Filling): string[] {
    return this.#words.flatMap((parts) => {
      const takesAll = parts.some((part) => part.kind === "field" && part.field === null);
      if (!takesAll) return [render(parts, filling, filling.fields)];
      if (this.#spread === "repeat") return filling.fields.map((field) => render(parts, filling, [field]));
      return render(parts, filling, filling.fields).split("\0");
    });
  }
}

/** `all`: the fields that `{}` stands for. They are joined by NUL, which no argument can contain. */
function render(parts: readonly Part[], filling: Filling, all: readonly string[]): string {
  return parts
    .map((part) => {
      switch (part.kind) {
        case "text":
          return part.text;
        case "sequence":
          return String(filling.index + 1);
        case "index":
          return String(filling.index);
        case "slot":
          return String(filling.slot);
        case "member":
          return memberOf(filling.value, part.path);
        case "field":
          return part.field === null
            ? all.map((field) => apply(part.form, field)).join("\0")
            : apply(part.form, fieldOf(filling, part.field, part.shown));
      }
    })
    .join("");
}

/** What a text with `{}`, `{1}`, `{name}` … becomes for each item. Several fields have a space between them. */
export function textTemplate(text: string, names: readonly string[]): (filling: Filling) => string {
  const parts = readWord(text, { names });
  if (parts.some(({ kind }) => kind === "slot"))
    throw new UsageError(`{%} is known when a command starts, and ${JSON.stringify(text)} is filled in earlier`);
  return (filling) => render(parts, filling, filling.fields).replaceAll("\0", " ");
}

function fieldOf({ fields, names }: Filling, field: number | string, shown: string): string {
  const at = typeof field === "string" ? names.indexOf(field) : field < 0 ? fields.length + field : field - 1;
  const found = fields[at];
  if (found !== undefined) return found;
  throw new Error(`${shown} names a field that the item does not have; it has ${fields.length}`);
}

function memberOf(item: unknown, path: string): string {
  let value = item;
  for (const key of path.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key))
      throw new Error(`the item has no member ${JSON.stringify(key)}, which {item.${path}} names`);
    value = (value as Record<string, unknown>)[key];
  }
  return typeof value === "string" ? value : JSON.stringify(value);
}
