import type { Account } from "../budget.js";
import { Deque } from "../deque.js";
import { LinkedList, type Link } from "../linked-list.js";

export interface RunLine {
  stream: "stdout" | "stderr";
  text: string;
}

interface Item {
  readonly lines: Deque<Link<Entry>>;
  bytes: number;
  dropped: number;
}

interface Entry {
  readonly item: Item;
  readonly line: RunLine;
}

const maxItemBytes = 64 * 1024;
const maxRunBytes = 16 * 1024 * 1024;
/** Rough memory of a line beside its text. */
const overheadBytes = 160;

/** Output of a run's items: the last lines of each item, within a bound for all items together. */
export class RunOutput {
  readonly #items = new Map<number, Item>();
  /** All kept lines, oldest first. */
  readonly #lines = new LinkedList<Entry>();
  readonly #account: Account;
  #bytes = 0;

  constructor(account: Account) {
    this.#account = account;
  }

  get bytes(): number {
    return this.#bytes;
  }

  push(index: number, line: RunLine): void {
    let item = this.#items.get(index);
    if (!item) this.#items.set(index, (item = { lines: new Deque(), bytes: 0, dropped: 0 }));
    item.lines.push(this.#lines.push({ item, line }));
    item.bytes += line.text.length + 1;
    this.#bytes += line.text.length + overheadBytes;
    this.#account.charge(line.text.length + overheadBytes);
    while (item.bytes > maxItemBytes && item.lines.length > 1) this.#dropOldest(item);
    while (this.#bytes > maxRunBytes) this.#dropOldest(this.#lines.first!.item);
  }

  /** Drops the oldest lines, `bytes` bytes of them. */
  free(bytes: number): void {
    const goal = this.#bytes - bytes;
    while (this.#bytes > Math.max(0, goal)) this.#dropOldest(this.#lines.first!.item);
  }

  of(index: number): { lines: RunLine[]; dropped: number } {
    const item = this.#items.get(index);
    return item
      ? { lines: Array.from(item.lines, (link) => link.value.line), dropped: item.dropped }
      : { lines: [], dropped: 0 };
  }

  #dropOldest(item: Item): void {
    const link = item.lines.shift()!;
    this.#lines.remove(link);
    const { length } = link.value.line.text;
    item.bytes -= length + 1;
    this.#bytes -= length + overheadBytes;
    this.#account.release(length + overheadBytes);
    item.dropped++;
  }
}
