import { createReadStream, statSync } from "node:fs";
import { rm } from "node:fs/promises";
import type { Terminal } from "../../terminal.js";
import type { FileOutput, Written } from "./format-outcome.js";
import { LineTagger } from "./line-tagger.js";

/** Bytes that are read from a file at once. */
const pieceBytes = 256 * 1024;
/** While more output waits in files than this, no further item begins. */
const maxWaitingBytes = 64 * 1024 * 1024;

/** Writes outputs one after the other. Those in files are passed on piece by piece, as fast as their reader reads. */
export class OutputWriter {
  readonly #terminal: Terminal;
  readonly #waiting: Written[] = [];
  /** Resolves when all output is written. Null: none waits. */
  #work: Promise<void> | null = null;
  #fault: Error | null = null;
  #waitingBytes = 0;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** Whether much output waits in files for its reader. */
  get isBehind(): boolean {
    return this.#waitingBytes > maxWaitingBytes;
  }

  /** Whole outputs stay together. `onWritten` is called after each one that had to wait. */
  write(written: Written, onWritten: () => void): void {
    if (this.#work === null && written.files.length === 0) {
      this.#writeText(written);
      return;
    }
    this.#waiting.push(written);
    for (const { path } of written.files) this.#waitingBytes += sizeOf(path);
    this.#work ??= this.#writeAll(onWritten).finally(() => (this.#work = null));
  }

  /** Resolves when all is written. Rejects if a file could not be read. */
  async end(): Promise<void> {
    await this.#work;
    if (this.#fault) throw this.#fault;
  }

  async #writeAll(onWritten: () => void): Promise<void> {
    for (let written = this.#waiting.shift(); written; written = this.#waiting.shift()) {
      const bytes = written.files.reduce((sum, { path }) => sum + sizeOf(path), 0);
      try {
        for (const file of written.files) await this.#copy(file);
      } catch (error) {
        this.#fault ??= error as Error;
      }
      this.#writeText(written);
      this.#waitingBytes -= bytes;
      onWritten();
    }
  }

  #writeText({ stdout, stderr }: Written): void {
    this.#terminal.out(stdout);
    this.#terminal.err(stderr);
  }

  async #copy({ stream, path, tag }: FileOutput): Promise<void> {
    const tagged = tag === "" ? null : new LineTagger(tag);
    for await (const piece of createReadStream(path, { highWaterMark: pieceBytes }) as AsyncIterable<Buffer>) {
      if (this.#terminal.outputGone) break;
      const bytes = tagged ? tagged.add(piece) : piece;
      if (stream === "stderr") this.#terminal.err(bytes);
      else this.#terminal.out(bytes);
      if (this.#terminal.isBehind) await new Promise<void>((drained) => this.#terminal.onDrained(drained));
    }
    await rm(path, { force: true });
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
