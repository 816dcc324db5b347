import type { Account } from "../budget.js";
import { Deque } from "../deque.js";
import { LinkedList, type Link } from "../linked-list.js";
import { textsOf, weight, type OutputSegment } from "../output-segment.js";

export interface RunLine {
  stream: "stdout" | "stderr";
  text: string;
}

interface Item {
  readonly segments: Deque<Link<Entry>>;
  bytes: number;
  dropped: number;
}

interface Entry {
  readonly item: Item;
  readonly segment: OutputSegment;
}

declare class TextEncoder {
  encode(text: string): Uint8Array;
}
const utf8 = new TextEncoder();

const maxItemBytes = 64 * 1024;
const maxRunBytes = 16 * 1024 * 1024;

/** Output of a run's items: the last lines of each item, within a bound for all items together. */
export class RunOutput {
  readonly #items = new Map<number, Item>();
  /** All kept segments, oldest first. */
  readonly #segments = new LinkedList<Entry>();
  readonly #account: Account;
  #bytes = 0;

  constructor(account: Account) {
    this.#account = account;
  }

  get bytes(): number {
    return this.#bytes;
  }

  push(index: number, segment: OutputSegment): void {
    let item = this.#items.get(index);
    if (!item) this.#items.set(index, (item = { segments: new Deque(), bytes: 0, dropped: 0 }));
    const bytes = weight(segment);
    item.segments.push(this.#segments.push({ item, segment }));
    item.bytes += segment.bytes.length;
    this.#bytes += bytes;
    this.#account.charge(bytes);
    while (item.bytes > maxItemBytes && item.segments.length > 1) this.#dropOldest(item);
    while (this.#bytes > maxRunBytes) this.#dropOldest(this.#segments.first!.item);
  }

  /** The item wrote these lines in an earlier run. */
  replay(index: number, lines: readonly RunLine[]): void {
    for (const { stream, text } of lines) {
      const bytes = utf8.encode(`${text}\n`);
      this.push(index, { process: "", pid: 0, stream, firstLine: 0, lineCount: 1, bytes, partial: false, task: null });
    }
  }

  /** Drops the oldest lines, `bytes` bytes of them. */
  free(bytes: number): void {
    const goal = this.#bytes - bytes;
    while (this.#bytes > Math.max(0, goal)) this.#dropOldest(this.#segments.first!.item);
  }

  of(index: number): { lines: RunLine[]; dropped: number } {
    const item = this.#items.get(index);
    if (!item) return { lines: [], dropped: 0 };
    const lines: RunLine[] = [];
    for (const { value } of item.segments)
      for (const text of textsOf(value.segment)) lines.push({ stream: value.segment.stream, text });
    return { lines, dropped: item.dropped };
  }

  #dropOldest(item: Item): void {
    const link = item.segments.shift()!;
    this.#segments.remove(link);
    const { segment } = link.value;
    item.bytes -= segment.bytes.length;
    this.#bytes -= weight(segment);
    this.#account.release(weight(segment));
    item.dropped += segment.lineCount;
  }
}
