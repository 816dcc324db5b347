import { createReadStream } from "node:fs";
import { rm } from "node:fs/promises";
import type { Terminal } from "../terminal.js";
import type { FileOutput, Written } from "./format-outcome.js";

const newline = 10;

/** Writes outputs one after the other. Those in files are passed on piece by piece, as fast as their reader reads. */
export class OutputWriter {
  readonly #terminal: Terminal;
  readonly #waiting: Written[] = [];
  /** Resolves when nothing waits any more. Null: nothing does. */
  #work: Promise<void> | null = null;
  #fault: Error | null = null;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** Whether outputs in files wait for the reader. */
  get isBusy(): boolean {
    return this.#work !== null;
  }

  /** Whole outputs stay together. `onIdle` is called when the last one that waited has been written. */
  write(written: Written, onIdle: () => void): void {
    if (this.#work === null && written.files.length === 0) {
      this.#writeText(written);
      return;
    }
    this.#waiting.push(written);
    this.#work ??= this.#writeAll().finally(() => {
      this.#work = null;
      onIdle();
    });
  }

  /** Resolves when all is written. Rejects if a file could not be read. */
  async end(): Promise<void> {
    await this.#work;
    if (this.#fault) throw this.#fault;
  }

  async #writeAll(): Promise<void> {
    for (let written = this.#waiting.shift(); written; written = this.#waiting.shift()) {
      try {
        for (const file of written.files) await this.#copy(file);
      } catch (error) {
        this.#fault ??= error as Error;
      }
      this.#writeText(written);
    }
  }

  #writeText({ stdout, stderr }: Written): void {
    this.#terminal.out(stdout);
    this.#terminal.err(stderr);
  }

  async #copy({ stream, path, tag }: FileOutput): Promise<void> {
    const tagged = tag === "" ? null : new LineTagger(tag);
    for await (const piece of createReadStream(path) as AsyncIterable<Buffer>) {
      if (this.#terminal.outputGone) break;
      const bytes = tagged ? tagged.add(piece) : piece;
      if (stream === "stderr") this.#terminal.err(bytes);
      else this.#terminal.out(bytes);
      if (this.#terminal.isBehind) await new Promise<void>((drained) => this.#terminal.onDrained(drained));
    }
    await rm(path, { force: true });
  }
}

/** Puts a text before each line of a stream of bytes. */
class LineTagger {
  readonly #tag: Buffer;
  #atStart = true;

  constructor(tag: string) {
    this.#tag = Buffer.from(tag);
  }

  add(piece: Buffer): Buffer {
    const parts: Buffer[] = [];
    for (let at = 0; at < piece.length;) {
      if (this.#atStart) parts.push(this.#tag);
      const found = piece.indexOf(newline, at);
      const end = found === -1 ? piece.length : found + 1;
      parts.push(piece.subarray(at, end));
      this.#atStart = found !== -1;
      at = end;
    }
    return Buffer.concat(parts);
  }
}
