/** If a guardian that has lived this many milliseconds ends, the next one is started at once. */
export const settledMs = 1000;
/** If it lived shorter, the next start waits this many milliseconds; the pause doubles up to `longestPauseMs`. */
const firstPauseMs = 50;
const longestPauseMs = 5000;
/** From this pause on the log gets a line: if the server is killed during the pause, its children live on. */
const worthTellingMs = 1000;

/** When a guardian that has ended is started again, and what people are told if it keeps ending. */
export class Restarts {
  readonly #tellPeople: (text: string) => void;
  #pauseMs = 0;
  #hasTold = false;

  constructor(tellPeople: (text: string) => void) {
    this.#tellPeople = tellPeople;
  }

  /** The guardian has lived for `settledMs`. */
  settled(): void {
    this.#pauseMs = 0;
    if (this.#hasTold) this.#tellPeople("the children are watched over again: if this server is killed, they end");
    this.#hasTold = false;
  }

  /** The guardian has ended after `livedMs`. Returns the milliseconds until the next one is started; 0: at once. */
  pauseAfter(livedMs: number, error: Error | null): number {
    if (livedMs >= settledMs) return 0;
    this.#pauseMs = Math.min(longestPauseMs, this.#pauseMs === 0 ? firstPauseMs : this.#pauseMs * 2);
    if (this.#pauseMs >= worthTellingMs && !this.#hasTold) {
      this.#hasTold = true;
      const why = error ? ` (${error.message})` : "";
      this.#tellPeople(
        "the process that would end the children of this server if it were killed (/bin/sh, " +
          `polyproc-guardian) keeps ending${why}; it is started again and again`,
      );
    }
    return this.#pauseMs;
  }
}
