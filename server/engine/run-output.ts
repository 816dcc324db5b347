import { Deque } from "./deque.js";
import { LinkedList, type Link } from "./linked-list.js";

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
/** What one line takes beside its text, roughly. */
const overheadBytes = 160;

/** What the items of a run wrote: of each the last lines, and of all together the last ones. */
export class RunOutput {
  readonly #items = new Map<number, Item>();
  /** All that is kept, oldest first. */
  readonly #lines = new LinkedList<Entry>();
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  push(index: number, line: RunLine): void {
    let item = this.#items.get(index);
    if (!item) this.#items.set(index, (item = { lines: new Deque(), bytes: 0, dropped: 0 }));
    item.lines.push(this.#lines.push({ item, line }));
    item.bytes += line.text.length + 1;
    this.#bytes += line.text.length + overheadBytes;
    while (item.bytes > maxItemBytes && item.lines.length > 1) this.#dropOldest(item);
    while (this.#bytes > maxRunBytes) this.#dropOldest(this.#lines.first!.item);
  }

  of(index: number): { lines: RunLine[]; dropped: number } {
    const item = this.#items.get(index);
    return item ? { lines: Array.from(item.lines, (link) => link.value.line), dropped: item.dropped } : { lines: [], dropped: 0 };
  }

  #dropOldest(item: Item): void {
    const link = item.lines.shift()!;
    this.#lines.remove(link);
    const { length } = link.value.line.text;
    item.bytes -= length + 1;
    this.#bytes -= length + overheadBytes;
    item.dropped++;
  }
}
