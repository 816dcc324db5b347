import type { Account } from "../budget.js";
import type { OutputFile } from "./spawner.js";
import { TailBuffer } from "./tail-buffer.js";

/** Once all output is in a file, this much of its end is kept for messages. */
const tailBytes = 16 * 1024;

/** What is known of a stream when the command has ended. */
export interface KeptOutput {
  text: string;
  truncated: boolean;
  /** Path of the file with the whole output. Absent: `text` is all that there is. */
  file?: string;
}

/**
 * One output stream of a command: in memory up to `maxBytes`. Beyond that, or when it is not UTF-8, all of it goes to a
 * file if `open` makes one; otherwise only its end is kept.
 */
export class CommandOutput {
  readonly #account: Account;
  readonly #open: (() => OutputFile) | null;
  #tail: TailBuffer;
  #file: OutputFile | null = null;
  /** Why the output cannot be stored. */
  fault: Error | null = null;

  constructor(maxBytes: number, account: Account, open: (() => OutputFile) | null) {
    this.#account = account;
    this.#open = open;
    this.#tail = new TailBuffer(maxBytes, account);
  }

  /** After it has set `fault`, output is dropped. */
  push(data: Uint8Array): void {
    if (this.fault) return;
    if (this.#open && !this.#file && this.#tail.wouldDrop(data.length)) this.#moveToFile(this.#open);
    this.#write(data);
    this.#tail.push(this.#file ? data.subarray(-tailBytes) : data);
  }

  end(): KeptOutput {
    const text = this.#tail.text();
    if (this.#open && !this.#file && text.includes("\ufffd")) this.#moveToFile(this.#open);
    const file = this.fault ? undefined : this.#file?.path;
    this.#file?.close();
    return { text, truncated: this.#tail.truncated, ...(file === undefined ? {} : { file }) };
  }

  clear(): void {
    this.#tail.clear();
    this.#file?.close();
  }

  #moveToFile(open: () => OutputFile): void {
    const kept = this.#tail;
    try {
      this.#file = open();
    } catch (error) {
      this.fault = error as Error;
      return;
    }
    this.#tail = new TailBuffer(tailBytes, this.#account);
    for (const block of kept.blocks()) {
      this.#write(block);
      this.#tail.push(block);
    }
    kept.clear();
  }

  #write(data: Uint8Array): void {
    try {
      this.#file?.write(data);
    } catch (error) {
      this.fault = error as Error;
    }
  }
}
