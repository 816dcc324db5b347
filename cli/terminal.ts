import type { WriteStream } from "node:tty";
import { endWithoutOutput, outputLost, readerEnded } from "./lost-output.js";

type Out = NodeJS.WriteStream & Partial<Pick<WriteStream, "columns">>;

/** Standard output and standard error. If standard error is a terminal, a few status lines stay below the output. */
export class Terminal {
  readonly #out: Out;
  readonly #err: Out;
  #status: readonly string[] = [];
  #shown = 0;
  #outGone = false;
  /** Why standard output cannot be written, if its reader has not just ended. */
  #outFault: Error | null = null;
  #onGone = new Set<() => void>();
  readonly #onDrain = new Set<() => void>();

  constructor(out: Out = process.stdout, err: Out = process.stderr) {
    this.#out = out;
    this.#err = err;
    out.off("error", endWithoutOutput);
    out.on("error", (error: NodeJS.ErrnoException) => {
      if (!readerEnded(error)) this.#outFault ??= error;
      this.#outGone = true;
      this.#release();
      for (const listener of this.#onGone) listener();
    });
    // If standard error is closed, the command goes on.
    err.on("error", () => {});
  }

  /** Whether status lines can be shown. */
  get isLive(): boolean {
    return this.#err.isTTY && process.env["TERM"] !== "dumb";
  }

  get columns(): number {
    return this.#err.columns ?? 80;
  }

  /** Whether standard output can no longer be written, for example because its reader has ended (`| head`). */
  get outputGone(): boolean {
    return this.#outGone;
  }

  onOutputGone(listener: () => void): void {
    this.#onGone.add(listener);
  }

  /** While status lines are shown, a last line without an end gets one. */
  out(text: string | Uint8Array): void {
    if (text.length === 0 || this.#outGone) return;
    this.#above(() => {
      this.#out.write(text);
      if (this.#out.isTTY) this.#endLine(this.#out, text);
    });
  }

  err(text: string | Uint8Array): void {
    if (text.length === 0) return;
    this.#above(() => {
      this.#err.write(text);
      this.#endLine(this.#err, text);
    });
  }

  /** Whether the reader of standard output is slow. If so, write again only after `onDrained`. */
  get isBehind(): boolean {
    return !this.#outGone && this.#out.writableNeedDrain;
  }

  /** Calls each `listener` once, when the reader has caught up or has closed standard output. */
  onDrained(listener: () => void): void {
    if (this.#onDrain.size === 0) this.#out.once("drain", this.#release);
    this.#onDrain.add(listener);
  }

  /** Shows these status lines until the next call. Each takes one line of the terminal. */
  status(lines: readonly string[]): void {
    if (!this.isLive) return;
    const text = this.#erasing() + this.#drawing(lines);
    this.#status = lines;
    this.#shown = lines.length;
    if (text !== "") this.#err.write(text);
  }

  /** Resolves when the operating system has all output. Throws ExitError if output was lost. */
  async flushed(): Promise<void> {
    this.status([]);
    if (!this.#outGone)
      await new Promise<void>((resolve) => {
        this.onOutputGone(resolve);
        this.#out.write("", () => resolve());
      });
    if (this.#outFault) throw outputLost(this.#outFault);
  }

  readonly #release = (): void => {
    const listeners = [...this.#onDrain];
    this.#onDrain.clear();
    for (const listener of listeners) listener();
  };

  #above(write: () => void): void {
    if (this.#shown > 0) this.#err.write(this.#erasing());
    write();
    if (this.#shown > 0) this.#err.write(this.#drawing(this.#status));
  }

  #endLine(stream: Out, text: string | Uint8Array): void {
    const last = text.at(-1);
    if (this.#shown > 0 && last !== "\n" && last !== 10) stream.write("\n");
  }

  /** Erases the status lines. The cursor is at the end of the last one. */
  #erasing(): string {
    if (this.#shown === 0) return "";
    return `${this.#shown > 1 ? `\u001b[${this.#shown - 1}A` : ""}\r\u001b[J`;
  }

  /**
   * Draws the status lines with wrapping off: the terminal itself cuts long lines, whatever the width of their
   * characters.
   */
  #drawing(lines: readonly string[]): string {
    return lines.length === 0 ? "" : `\u001b[?7l${lines.join("\n")}\u001b[?7h`;
  }
}
