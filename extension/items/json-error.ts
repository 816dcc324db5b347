/** Where a text stops being JSON. */
export interface JsonError {
  /** In characters, from 0. */
  offset: number;
  /** What was expected or found at the position. */
  message: string;
}

const space = /[ \t\r\n]*/y;
const scalar = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
// oxlint-disable-next-line no-control-regex -- JSON wants these written as escapes
const text = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"/y;

/**
 * Finds the position of the error, which JSON.parse reports only for some errors and in some versions. Undefined if the
 * text is valid.
 */
export function findJsonError(json: string): JsonError | undefined {
  const open: ("[" | "{")[] = [];
  let at = 0;
  const take = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    if (!pattern.test(json)) return false;
    at = pattern.lastIndex;
    return true;
  };
  const eat = (character: string): boolean => {
    take(space);
    if (json[at] !== character) return false;
    at++;
    return true;
  };
  const wrong = (expected: string): JsonError => {
    take(space);
    const offset = at;
    if (json[at] === undefined) return { offset, message: `the text ends, but ${expected} is missing` };
    if (json[at] === "'") return { offset, message: 'texts are written in double quotes: "…"' };
    if (take(text)) return { offset, message: `expected ${expected}, found a text` };
    if (json[at] === '"')
      return { offset, message: "this string has no closing quote, or contains a character that must be escaped" };
    return {
      offset,
      message: `expected ${expected}, found ${JSON.stringify(/^[\w$]+|[^]/u.exec(json.slice(at, at + 20))![0])}`,
    };
  };
  const key = (): JsonError | undefined => {
    take(space);
    if (!take(text)) return wrong("a name in double quotes");
    return eat(":") ? undefined : wrong('":"');
  };

  for (;;) {
    // A value, or the beginning of one.
    take(space);
    if (eat("[")) {
      if (!eat("]")) {
        open.push("[");
        continue;
      }
    } else if (eat("{")) {
      if (!eat("}")) {
        open.push("{");
        const fault = key();
        if (fault) return fault;
        continue;
      }
    } else if (!take(scalar) && !take(text)) return wrong("a value");
    // What may follow the value.
    for (;;) {
      const inside = open.at(-1);
      if (inside === undefined) {
        take(space);
        return at < json.length ? wrong("nothing more") : undefined;
      }
      if (eat(",")) {
        if (inside === "[") break;
        const fault = key();
        if (fault) return fault;
        break;
      }
      if (!eat(inside === "[" ? "]" : "}")) return wrong(inside === "[" ? '"," or "]"' : '"," or "}"');
      open.pop();
    }
  }
}
