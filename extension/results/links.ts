import type { Place } from "./messages.js";

export interface Link {
  /** Where it stands in the text. */
  start: number;
  end: number;
  place: Place;
}

/**
 * A path, then `:line` or `:line:column` or `(line,column)`; relative ones need an ending, or every `a:1` would be one.
 */
const path = String.raw`(?:file:\/\/)?(?:(?:~|\.{1,2})?\/[^\s:"'<>()|*?]+|[\w@+\-.][\w@+\-./]*\.[A-Za-z]\w{0,9})`;
const inText = new RegExp(
  String.raw`(?<![\w:/.@+~\-])(${path})(?::(\d+)(?::(\d+))?|\((\d+),\s?(\d+)\))(?!\w)|File "([^"\n]+)", line (\d+)`,
  "g",
);
/** Text beyond it stays plain: matching is quick, but people do not click there. */
const longestText = 100_000;

/** Places in files that a text names, as compilers, Node and Python write them. */
export function findLinks(text: string): Link[] {
  const links: Link[] = [];
  for (const match of text.slice(0, longestText).matchAll(inText)) {
    const [whole, named, colonLine, colonColumn, line, column, python, pythonLine] = match;
    const file = python ?? named!;
    // `<string>`, `<frozen runpy>`.
    if (file.startsWith("<")) continue;
    const place: Place = {
      file: file.startsWith("file://") ? decoded(file.slice("file://".length)) : file,
      line: positive(colonLine ?? line ?? pythonLine),
      column: positive(colonColumn ?? column),
    };
    links.push({ start: match.index, end: match.index + whole.length, place });
  }
  return links;
}

function positive(text: string | undefined): number | null {
  const number = Number(text);
  return number >= 1 && Number.isSafeInteger(number) ? number : null;
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
