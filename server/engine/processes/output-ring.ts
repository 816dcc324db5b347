import type { OutputLine } from "../../../protocol/process.js";
import type { Account } from "../budget.js";
import { Deque } from "../deque.js";
import { LineSplitter } from "./line-splitter.js";
import { linesOf, textsOf, weight, type OutputSegment, type Stream } from "../output-segment.js";

/** What one process wrote: the lines that are still remembered, and the beginnings of the next ones. */
export class OutputRing {
  readonly splitters: Record<Stream, LineSplitter> = { stdout: new LineSplitter(), stderr: new LineSplitter() };
  nextLine = 0;
  readonly #account: Account;
  readonly #segments = new Deque<OutputSegment>();
  #bytes = 0;

  constructor(account: Account) {
    this.#account = account;
  }

  get bytes(): number {
    return this.#bytes;
  }

  push(segment: OutputSegment, maxBytes: number): void {
    const bytes = weight(segment);
    this.#segments.push(segment);
    this.#bytes += bytes;
    this.#account.charge(bytes);
    this.shrink(maxBytes);
  }

  /** Forgets the oldest lines. The last ones stay, also if they alone take more; none stay with 0. */
  shrink(maxBytes: number): void {
    let freed = 0;
    while (this.#bytes - freed > maxBytes && this.#segments.length > (maxBytes === 0 ? 0 : 1))
      freed += weight(this.#segments.shift()!);
    if (freed === 0) return;
    this.#bytes -= freed;
    this.#account.release(freed);
  }

  from(line: number): { lines: OutputLine[]; dropped: number } {
    const first = this.#segments.peek()?.firstLine ?? this.nextLine;
    const lines: OutputLine[] = [];
    for (const segment of this.#segments) {
      if (segment.firstLine + segment.lineCount <= line) continue;
      for (const told of linesOf(segment)) if (told.line >= line) lines.push(told);
    }
    return { lines, dropped: Math.max(0, first - line) };
  }

  /** The last lines of standard error. */
  tail(count: number): string[] {
    const found: string[] = [];
    for (const segment of [...this.#segments].reverse()) {
      if (found.length >= count) break;
      if (segment.stream === "stderr") found.unshift(...textsOf(segment));
    }
    return found.slice(-count);
  }
}
