/** A place that a text names. Both numbers from 0. */
export interface Position {
  path: string;
  line: number;
  column: number;
}

/**
 * `at f (file:///a/b.js:12:3)`, `at /a/b.js:12:3`, `File "/a/b.py", line 12, in f`; the first line of a stack of a
 * module that could not be parsed, `file:///a/b.js:12`; and what worker hosts say of one,
 * `syntax error in /a/b.js:12:3`.
 */
const frames = [
  /^\s*at (?:.*\()?((?:file:\/\/)?\/.+?):(\d+):(\d+)\)?$/,
  /^\s*File "(.+?)", line (\d+)()/,
  /^((?:file:\/\/)?\/[^:]+):(\d+)()$/,
  /^syntax error in (\/.+?):(\d+):(\d+): /,
];

/** The places that a stack names, the innermost call first. */
export function placesInStack(stack: string): Position[] {
  const places: Position[] = [];
  let isPython = false;
  for (const line of stack.split("\n")) {
    const match = matchFrame(line);
    if (!match) continue;
    isPython ||= line.trimStart().startsWith("File ");
    places.push({ path: pathOf(match[1]!), line: toIndex(match[2]), column: toIndex(match[3]) });
  }
  // Python writes the innermost call last.
  return isPython ? places.reverse() : places;
}

function matchFrame(line: string): RegExpExecArray | null {
  for (const frame of frames) {
    const match = frame.exec(line);
    if (match) return match;
  }
  return null;
}

/** The place in one of these files where the stack is innermost. */
export function positionInStack(stack: string, isFile: (path: string) => boolean): Position | null {
  return placesInStack(stack).find(({ path }) => isFile(path)) ?? null;
}

/** Whether this is code that the user did not write: of Node, of Python, of a package. */
export function isForeign(path: string): boolean {
  return (
    !path.startsWith("/") ||
    path.includes("/node_modules/") ||
    /\/(?:lib\/python[\d.]+|(?:site|dist)-packages)\//.test(path)
  );
}

export interface Remark extends Position {
  message: string;
  severity: "error" | "warning" | "information";
}

/**
 * `a.c:12:3: error: text`, `a.c:12: text`, a shell's `a.sh: line 12: text`, and TypeScript's
 * `a.ts(12,3): error TS1: text`. No times of day.
 */
const remarks = [
  /^(?!\d+:)(?<path>[^\s:(][^:(]*?)(?:: line |:)(?<line>\d+)(?::(?<column>\d+))?(?:-\d+(?::\d+)?)?(?::\s*|\s+-\s+)(?<text>\S.*)$/,
  /^(?<path>[^\s:(][^:(]*?)\((?<line>\d+)(?:,(?<column>\d+))?\):\s*(?<text>\S.*)$/,
];
/** Longer lines are data. */
const maxLineLength = 2000;

/** The position and text in a line of a compiler's or linter's output; null if there is none. */
export function readRemark(line: string): Remark | null {
  if (line.length > maxLineLength) return null;
  // oxlint-disable-next-line no-control-regex -- colours
  const plain = line.replace(/\u001b\[[0-9;]*[A-Za-z]/g, "").trim();
  for (const remark of remarks) {
    const groups = remark.exec(plain)?.groups;
    if (!groups) continue;
    const text = groups["text"]!;
    const kind =
      /^(?:fatal )?(error|warning|warn|info|information|note|hint)\b/i.exec(text)?.[1]?.toLowerCase() ?? "error";
    return {
      path: pathOf(groups["path"]!),
      line: toIndex(groups["line"]),
      column: toIndex(groups["column"]),
      message: text,
      severity: kind === "error" ? "error" : kind.startsWith("warn") ? "warning" : "information",
    };
  }
  return null;
}

function pathOf(text: string): string {
  if (!text.startsWith("file://")) return text;
  try {
    return decodeURIComponent(text.slice("file://".length));
  } catch {
    return text.slice("file://".length);
  }
}

/** A number that people count from 1; 0 when there is none. */
function toIndex(text: string | undefined): number {
  return text ? Math.max(0, Number(text) - 1) : 0;
}
