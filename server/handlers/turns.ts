/** In one turn of the event loop, the messages of one connection are handled for this long; then all other connections have theirs. */
const sliceMs = 4;

/** One connection's share of the server's one thread. */
export class Turn {
  readonly #turns: Turns;
  readonly #goOn: () => void;
  #usedMs = 0;
  #waits = false;

  constructor(turns: Turns, goOn: () => void) {
    this.#turns = turns;
    this.#goOn = goOn;
  }

  /** Whether the rest has to wait for the next turn. */
  get over(): boolean {
    return this.#usedMs >= sliceMs;
  }

  /** Does this now, and counts the time that it takes. */
  spend(work: () => void): void {
    const since = performance.now();
    try {
      work();
    } finally {
      this.#usedMs += performance.now() - since;
      this.#turns.used(this);
    }
  }

  /** Something is left: goes on in the next turn. */
  waitForNext(): void {
    this.#waits = true;
    this.#turns.used(this);
  }

  /** For `Turns`. */
  begin(): void {
    this.#usedMs = 0;
    if (!this.#waits) return;
    this.#waits = false;
    this.#goOn();
  }
}

/** Lets connections take turns: what came on one is handled in its order, a slice at a time, while the others are heard. */
export class Turns {
  #used = new Set<Turn>();

  used(turn: Turn): void {
    this.#used.add(turn);
    if (this.#used.size > 1) return;
    setImmediate(() => {
      const used = this.#used;
      this.#used = new Set();
      for (const each of used) each.begin();
    });
  }
}

/** Of the server's one thread. */
export const turns = new Turns();
