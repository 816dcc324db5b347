/** A request for the terminal's state. The terminal answers when it has read everything before it. */
const question = "\u001b[5n";
const answer = "\u001b[0n";

/** Characters that may be in transit before the terminal is asked. */
const askAfter = 256 * 1024;
/** A terminal that has not answered within this time does not support such questions. */
const firstPatienceMs = 2000;
/** The same for a terminal that has answered before: its window may be suspended by the system. */
const patienceMs = 60_000;
/** Without answers: characters per millisecond that any terminal can read. */
const blindRate = 2048;

/**
 * Limits a writer to the rate at which its terminal can read. VS Code gives extensions no flow control for their
 * terminals, and drops output that arrives far too fast; but the terminal answers questions in the order in which it
 * reads.
 */
export class Pacer {
  readonly #emit: (data: string) => void;
  #unread = 0;
  #terminal: "unknown" | "answers" | "mute" = "unknown";
  #closed = false;
  #answered: (() => void) | null = null;

  constructor(emit: (data: string) => void) {
    this.#emit = emit;
  }

  /** After something was written: resolves when more may follow; with `all`, when everything has been read. */
  async wrote(length: number, all: boolean): Promise<void> {
    this.#unread += length;
    if (this.#closed || (!all && this.#unread < askAfter)) return;
    if (this.#terminal === "mute") await wait(Math.ceil(this.#unread / blindRate));
    else await this.#ask();
    this.#unread = 0;
  }

  /** The part of the terminal's input that is no answer to the pacer. */
  input(data: string): string {
    if (!data.includes(answer)) return data;
    // Also an answer that arrives late.
    this.#terminal = "answers";
    this.#answered?.();
    return data.replace(answer, "");
  }

  close(): void {
    this.#closed = true;
    this.#answered?.();
  }

  #ask(): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.#answered = null;
        resolve();
      };
      const timer = setTimeout(
        () => {
          if (this.#terminal === "unknown") this.#terminal = "mute";
          end();
        },
        this.#terminal === "unknown" ? firstPatienceMs : patienceMs,
      );
      this.#answered = end;
      this.#emit(question);
    });
  }
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
