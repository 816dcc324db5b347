/** A list that a source assigns to a name. */
export interface ListLiteral {
  name: string;
  /** Where the name begins in the source, in characters. */
  offset: number;
  values: unknown[];
}

/** More elements are no list that a person wrote. */
const mostValues = 10_000;
const mostDepth = 100;
const assignment = /^(?:(?:export\s+)?(?:const|let|var)\s+)?([A-Za-z_$][\w$]*)\s*(?::[^=\n]+)?=\s*(?=\[)/gm;
const words: Readonly<Record<string, unknown>> = {
  True: true,
  true: true,
  False: false,
  false: false,
  None: null,
  null: null,
};
const escapes: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  r: "\r",
  "\\": "\\",
  "'": "'",
  '"': '"',
};

/**
 * The lists of plain values that Python, JavaScript or TypeScript assign at the beginning of a line. A list that has to
 * be computed is not among them.
 */
export function listLiterals(source: string): ListLiteral[] {
  return [...source.matchAll(assignment)].flatMap(({ 0: head, 1: name, index }) => {
    const values = new Literal(source, index + head.length).read();
    if (!Array.isArray(values) || values.length === 0 || values.length > mostValues) return [];
    return [{ name: name!, offset: index + head.indexOf(name!), values: values as unknown[] }];
  });
}

/** Reads one value. What is not a plain value ends it. */
class Literal {
  readonly #source: string;
  #at: number;
  #depth = 0;

  constructor(source: string, at: number) {
    this.#source = source;
    this.#at = at;
  }

  /** Undefined if it is not plain, or something is done with it. */
  read(): unknown {
    try {
      const value = this.#value();
      // Nothing more in the line but a comment.
      return this.#take(/[ \t]*;?[ \t]*(?:(?:#|\/\/)[^\n]*)?(?=\n|$)/y) === null ? undefined : value;
    } catch (error) {
      if (error instanceof NotPlain) return undefined;
      throw error;
    }
  }

  #value(): unknown {
    this.#skip();
    if (this.#source[this.#at] === "[") return this.#list("[", "]", () => this.#value());
    if (this.#source[this.#at] === "{") {
      const entries = this.#list("{", "}", () => {
        this.#skip();
        const key = this.#take(/[A-Za-z_$][\w$]*(?=\s*:)/y) ?? this.#text();
        this.#skip();
        if (this.#take(/:/y) === null) throw new NotPlain();
        return [key, this.#value()] as const;
      });
      return Object.fromEntries(entries);
    }
    const number = this.#take(/-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w.])/y);
    if (number !== null) return plainNumber(number);
    const word = this.#take(/[A-Za-z]+(?![\w$"'(.])/y);
    if (word === null) return this.#text();
    if (!Object.hasOwn(words, word)) throw new NotPlain();
    return words[word];
  }

  #list<T>(open: string, close: string, read: () => T): T[] {
    if (++this.#depth > mostDepth) throw new NotPlain();
    this.#at += open.length;
    const all: T[] = [];
    for (;;) {
      this.#skip();
      if (this.#source[this.#at] === close) break;
      all.push(read());
      this.#skip();
      if (this.#source[this.#at] === ",") this.#at++;
      else if (this.#source[this.#at] !== close) throw new NotPlain();
    }
    this.#at++;
    this.#depth--;
    return all;
  }

  #text(): string {
    const quoted = this.#take(/"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/y);
    if (quoted === null) throw new NotPlain();
    return quoted.slice(1, -1).replace(/\\(?:u([\da-fA-F]{4})|(.))/g, (_, code?: string, character?: string) => {
      if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16));
      const text = escapes[character!];
      if (text === undefined) throw new NotPlain();
      return text;
    });
  }

  /** Spaces, line breaks and comments. */
  #skip(): void {
    this.#take(/(?:\s|#[^\n]*|\/\/[^\n]*)*/y);
  }

  #take(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#source)?.[0] ?? null;
    if (found !== null) this.#at += found.length;
    return found;
  }
}

/** A number that JavaScript cannot have, or not exactly, is not plain: the function would get another one. */
function plainNumber(text: string): number {
  const number = Number(text);
  if (!Number.isFinite(number) || (/^-?\d+$/.test(text) && !Number.isSafeInteger(number))) throw new NotPlain();
  return number;
}

class NotPlain extends Error {
  override readonly name = "NotPlain";
}
