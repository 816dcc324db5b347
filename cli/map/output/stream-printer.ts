import type { Terminal } from "../../terminal.js";
import { LineTagger } from "./line-tagger.js";

/** How output is printed while commands run: whole lines, or whatever comes. */
export type Streaming = "lines" | "pieces";

type Stream = "stdout" | "stderr";

const newline = 10;
/** A line that is longer is printed in pieces. */
const longestLine = 1024 * 1024;

/** The beginning of a line whose end has not come yet. */
interface Rest {
  pieces: Uint8Array[];
  bytes: number;
  tagger: LineTagger;
}

/** Prints the output of commands while they run. With `lines`, the lines of several commands do not mix. */
export class StreamPrinter {
  readonly #terminal: Terminal;
  readonly #streaming: Streaming;
  readonly #tagOf: (index: number, item: string) => string;
  /** By position of the item and stream. */
  readonly #rests = new Map<string, Rest>();

  /** `tagOf`: what each line of an item begins with. */
  constructor(terminal: Terminal, streaming: Streaming, tagOf: (index: number, item: string) => string) {
    this.#terminal = terminal;
    this.#streaming = streaming;
    this.#tagOf = tagOf;
  }

  print(index: number, item: string, stream: Stream, data: Uint8Array): void {
    if (this.#streaming === "pieces") {
      this.#write(stream, data);
      return;
    }
    const rest = this.#rest(index, item, stream);
    const end = data.lastIndexOf(newline) + 1;
    if (end > 0) {
      this.#write(stream, rest.tagger.add(taken(rest, data.subarray(0, end))));
    }
    if (end === data.length) return;
    rest.pieces.push(data.subarray(end));
    rest.bytes += data.length - end;
    if (rest.bytes > longestLine) this.#write(stream, rest.tagger.add(taken(rest, new Uint8Array(0))));
  }

  /** The command has ended. Prints what has no line end. */
  ended(index: number): void {
    for (const stream of ["stdout", "stderr"] as const) {
      const rest = this.#rests.get(`${index} ${stream}`);
      if (!rest) continue;
      this.#rests.delete(`${index} ${stream}`);
      if (rest.bytes > 0) this.#write(stream, rest.tagger.add(taken(rest, new Uint8Array(0))));
    }
  }

  #rest(index: number, item: string, stream: Stream): Rest {
    const key = `${index} ${stream}`;
    let rest = this.#rests.get(key);
    if (!rest) {
      rest = { pieces: [], bytes: 0, tagger: new LineTagger(this.#tagOf(index, item)) };
      this.#rests.set(key, rest);
    }
    return rest;
  }

  #write(stream: Stream, bytes: Uint8Array): void {
    if (stream === "stdout") this.#terminal.out(bytes);
    else this.#terminal.err(bytes);
  }
}

/** The text that waited, and `end`. */
function taken(rest: Rest, end: Uint8Array): Uint8Array {
  if (rest.bytes === 0) return end;
  const all = Buffer.concat([...rest.pieces, end]);
  rest.pieces = [];
  rest.bytes = 0;
  return all;
}
