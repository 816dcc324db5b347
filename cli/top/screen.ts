import type { ReadStream, WriteStream } from "node:tty";
import { onInterruption } from "../signals.js";

const enter = "\u001b[?1049h\u001b[?25l\u001b[?7l";
const leave = "\u001b[?7h\u001b[?25h\u001b[?1049l";

/** The terminal's alternate screen, and its keys. Closing restores the previous content. */
export class Screen {
  readonly #input: ReadStream;
  readonly #output: WriteStream;
  #quit = false;
  #wake: (() => void) | null = null;
  #lines: readonly string[] = [];
  #stopWatching: () => void = () => {};

  constructor(input: ReadStream, output: WriteStream) {
    this.#input = input;
    this.#output = output;
  }

  open(): void {
    this.#output.write(enter);
    this.#input.setRawMode(true);
    this.#input.on("data", this.#key);
    this.#output.on("resize", this.#draw);
    this.#stopWatching = onInterruption(() => this.#end());
  }

  close(): void {
    this.#stopWatching();
    this.#output.off("resize", this.#draw);
    this.#input.off("data", this.#key);
    this.#input.setRawMode(false);
    this.#input.pause();
    this.#output.write(leave);
  }

  /** Shows as many of these lines as fit. */
  show(lines: readonly string[]): void {
    this.#lines = lines;
    this.#draw();
  }

  /** Waits up to `ms`. True if the user has quit. */
  async quitWithin(ms: number): Promise<boolean> {
    if (!this.#quit) {
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        timer = setTimeout(resolve, ms);
      });
      clearTimeout(timer);
    }
    return this.#quit;
  }

  readonly #draw = (): void => {
    const shown = this.#lines.slice(0, this.#output.rows);
    // Clear only behind each line's text: clearing the screen first would flicker.
    this.#output.write(`\u001b[H${shown.map((line) => `${line}\u001b[K`).join("\n")}\u001b[J`);
  };

  readonly #key = (data: Buffer): void => {
    const text = data.toString();
    if (text.includes("q") || text.includes("Q") || text.includes("\u0003")) this.#end();
  };

  #end(): void {
    this.#quit = true;
    this.#wake?.();
  }
}
