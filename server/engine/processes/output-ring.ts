import type { OutputLine } from "../../../protocol/process.js";
import type { Account } from "../budget.js";
import { Deque } from "../deque.js";
import { LineSplitter } from "./line-splitter.js";

export type Stream = "stdout" | "stderr";

/** What one line takes beside its text, roughly. */
const overheadBytes = 160;

/** What one process wrote: the lines that are still remembered, and the beginnings of the next ones. */
export class OutputRing {
  readonly splitters: Record<Stream, LineSplitter> = { stdout: new LineSplitter(), stderr: new LineSplitter() };
  nextLine = 0;
  readonly #account: Account;
  readonly #lines = new Deque<OutputLine>();
  #bytes = 0;

  constructor(account: Account) {
    this.#account = account;
  }

  get bytes(): number {
    return this.#bytes;
  }

  push(line: OutputLine, maxBytes: number): void {
    const bytes = weight(line);
    this.#lines.push(line);
    this.#bytes += bytes;
    this.#account.charge(bytes);
    this.shrink(maxBytes);
  }

  /** Forgets the oldest lines. */
  shrink(maxBytes: number): void {
    let freed = 0;
    while (this.#bytes - freed > maxBytes) freed += weight(this.#lines.shift()!);
    if (freed === 0) return;
    this.#bytes -= freed;
    this.#account.release(freed);
  }

  from(line: number): { lines: OutputLine[]; dropped: number } {
    const first = this.#lines.peek()?.line ?? this.nextLine;
    const lines = [...this.#lines].slice(Math.max(0, line - first));
    return { lines, dropped: Math.max(0, first - line) };
  }

  /** The last lines of standard error. */
  tail(count: number): string[] {
    const found: string[] = [];
    for (const { stream, text } of this.#lines) if (stream === "stderr") found.push(text);
    return found.slice(-count);
  }
}

export function weight(line: OutputLine): number {
  return line.text.length + overheadBytes;
}
