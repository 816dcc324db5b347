import { Pacer } from "./pacer.js";

const clearLine = "\r\u001b[2K";
/** The terminal cuts the line at its right edge, so that it never takes two rows. */
const noWrap = "\u001b[?7l";
const wrap = "\u001b[?7h";
const plain = "\u001b[0m";
const newline = /\r?\n/g;

/** Size of a piece: the terminal parses it in a few milliseconds. */
const pieceLength = 64 * 1024;

/**
 * A terminal with lines of output and a progress line below them, which is redrawn. Problem matchers read completed
 * lines; the progress line is never completed. Output that the terminal has not read yet waits here, so none is lost.
 */
export class Screen {
  readonly #emit: (data: string) => void;
  readonly #pacer: Pacer;
  #waiting: string[] = [];
  #waitingLength = 0;
  /** Some of the waiting texts, joined. They are shown up to `#at`. */
  #text = "";
  #at = 0;
  #status = "";
  #shown = "";
  #writing = false;
  #closed = false;
  #drained: (() => void)[] = [];

  constructor(emit: (data: string) => void) {
    this.#emit = emit;
    this.#pacer = new Pacer(emit);
  }

  /** Characters that wait to be shown. */
  get backlog(): number {
    return this.#waitingLength + this.#text.length - this.#at;
  }

  /** Whole lines, each with its end. */
  write(text: string): void {
    if (this.#closed || text === "") return;
    this.#waiting.push(text);
    this.#waitingLength += text.length;
    this.#pump();
  }

  /** The progress line below the output; empty: none. */
  status(text: string): void {
    this.#status = text;
    this.#pump();
  }

  /** Resolves when the terminal has read everything, or is closed. */
  drained(): Promise<void> {
    if (this.#closed || !this.#writing) return Promise.resolve();
    return new Promise((resolve) => this.#drained.push(resolve));
  }

  /** The user's keys, without the terminal's answers. */
  input(data: string): string {
    return this.#pacer.input(data);
  }

  /** The terminal is closed: pending waits resolve. */
  close(): void {
    this.#closed = true;
    this.#waiting = [];
    this.#waitingLength = this.#at = 0;
    this.#text = "";
    this.#pacer.close();
    this.#tellDrained();
  }

  #pump(): void {
    if (this.#writing || this.#closed) return;
    if (this.#waiting.length > 0) {
      this.#writing = true;
      void this.#writeAll();
    } else if (this.#status !== this.#shown) this.#emit(clearLine + this.#drawStatus());
  }

  async #writeAll(): Promise<void> {
    // Writes of one turn are sent together.
    await Promise.resolve();
    while (this.backlog > 0 && !this.#closed) {
      const text = this.#next().replace(newline, "\r\n");
      this.#emit((this.#shown === "" ? "" : clearLine) + text + plain + this.#drawStatus());
      await this.#pacer.wrote(text.length, this.backlog === 0);
    }
    this.#writing = false;
    this.#tellDrained();
    this.#pump();
  }

  /** Some lines, or one long one. */
  #next(): string {
    if (this.#at === this.#text.length) {
      this.#text = this.#waiting.join("");
      this.#waiting = [];
      this.#waitingLength = 0;
      this.#at = 0;
    }
    const from = this.#at;
    let to = from + pieceLength;
    if (to < this.#text.length) {
      to = this.#text.lastIndexOf("\n", to - 1) + 1;
      if (to <= from) to = this.#text.indexOf("\n", from) + 1;
    }
    this.#at = to === 0 ? this.#text.length : Math.min(to, this.#text.length);
    return this.#text.slice(from, this.#at);
  }

  #drawStatus(): string {
    this.#shown = this.#status;
    return this.#status === "" ? "" : `${noWrap}${this.#status}${plain}${wrap}`;
  }

  #tellDrained(): void {
    const drained = this.#drained;
    this.#drained = [];
    for (const resolve of drained) resolve();
  }
}
