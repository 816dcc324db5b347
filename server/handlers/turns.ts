/** Milliseconds for which one connection's messages are handled in one turn of the event loop. */
const sliceMs = 4;

/** One connection's share of the server's thread. */
export class Turn {
  readonly #turns: Turns;
  readonly #goOn: () => void;
  #usedMs = 0;
  #waits = false;

  constructor(turns: Turns, goOn: () => void) {
    this.#turns = turns;
    this.#goOn = goOn;
  }

  /** Whether the connection has used up its slice: its further messages wait for the next turn. */
  get over(): boolean {
    return this.#usedMs >= sliceMs;
  }

  /** Runs `work` now, and adds its time to the slice. */
  spend(work: () => void): void {
    const since = performance.now();
    try {
      work();
    } finally {
      this.#usedMs += performance.now() - since;
      this.#turns.used(this);
    }
  }

  /** Messages are left: calls `goOn` in the next turn. */
  waitForNext(): void {
    this.#waits = true;
    this.#turns.used(this);
  }

  /** Called by `Turns` when the next turn begins. */
  begin(): void {
    this.#usedMs = 0;
    if (!this.#waits) return;
    this.#waits = false;
    this.#goOn();
  }
}

/**
 * Connections take turns: each connection's messages are handled in order, one slice in each turn of the event loop.
 */
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

/** The turns of the server's thread; both doors share them. */
export const turns = new Turns();
