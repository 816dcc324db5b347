import type { OutputLine } from "../../protocol/process.js";

/** If one item has more output than this, it is written before the item ends. */
const maxItemLength = 1024 * 1024;
/** The same limit for all items together. */
const maxLength = 32 * 1024 * 1024;

type Stream = OutputLine["stream"];

/** Output of one item that is not shown yet. */
interface Pending {
  /** Pid of the process that wrote it: another pid belongs to another attempt. */
  pid: number;
  text: string;
  /** Incomplete lines. */
  open: Record<Stream, string>;
}

/**
 * Keeps the lines of concurrent items apart: the lines of one item are written together when it ends, without lines of
 * other items in between. Long output is written in pieces of whole lines.
 */
export class ItemOutput {
  readonly #write: (text: string) => void;
  readonly #items = new Map<number, Pending>();
  #length = 0;
  #live = false;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  /** From now on lines are written at once: only one item can be running. */
  live(): void {
    if (this.#live) return;
    this.#live = true;
    for (const item of this.#items.values()) this.#writeText(item);
  }

  add(index: number, { pid, stream, text, partial }: Pick<OutputLine, "pid" | "stream" | "text" | "partial">): void {
    const item = this.#itemOf(index, pid);
    const line = item.open[stream] + text;
    // A line without end is cut, because the buffer is bounded.
    const isWhole = !partial || line.length > maxItemLength;
    item.open[stream] = isWhole ? "" : line;
    if (isWhole) this.#append(item, line);
    if (this.#live || item.text.length > maxItemLength || this.#length > maxLength) this.#writeText(item);
  }

  /**
   * Writes the output of items `first` to `last` in their last attempt, which was that of process `pid` (0: any
   * process).
   */
  end(first: number, last: number, pid: number): void {
    for (let index = first; index <= last; index++) {
      const item = this.#items.get(index);
      if (!item) continue;
      this.#items.delete(index);
      if (pid !== 0 && item.pid !== pid && !this.#live) this.#forget(item);
      else {
        this.#closeLines(item);
        this.#writeText(item);
      }
    }
  }

  /** Writes everything that is left. */
  endAll(): void {
    for (const index of [...this.#items.keys()]) this.end(index, index, 0);
  }

  #itemOf(index: number, pid: number): Pending {
    let item = this.#items.get(index);
    if (!item) this.#items.set(index, (item = { pid, text: "", open: { stdout: "", stderr: "" } }));
    else if (item.pid !== pid) {
      this.#closeLines(item);
      if (this.#live) this.#writeText(item);
      else this.#forget(item);
      item.pid = pid;
    }
    return item;
  }

  #closeLines(item: Pending): void {
    for (const stream of ["stdout", "stderr"] as const) {
      if (item.open[stream] === "") continue;
      this.#append(item, item.open[stream]);
      item.open[stream] = "";
    }
  }

  #append(item: Pending, line: string): void {
    item.text += `${line}\n`;
    this.#length += line.length + 1;
  }

  #writeText(item: Pending): void {
    const { text } = item;
    this.#length -= text.length;
    item.text = "";
    if (text !== "") this.#write(text);
  }

  #forget(item: Pending): void {
    this.#length -= item.text.length;
    item.text = "";
    item.open = { stdout: "", stderr: "" };
  }
}
