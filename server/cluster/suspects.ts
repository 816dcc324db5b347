/** Packs of which one may have killed its hosts. On each host they run one after the other, so that its death tells. */
export class Suspects {
  /** The first one has its turn. */
  readonly #turns: Turn[] = [];

  take(): Turn {
    const turn = new Turn((ended) => this.#end(ended));
    this.#turns.push(turn);
    this.#turns[0]!.begin();
    return turn;
  }

  #end(turn: Turn): void {
    const at = this.#turns.indexOf(turn);
    if (at === -1) return;
    this.#turns.splice(at, 1);
    this.#turns[0]?.begin();
  }
}

/** The turn of one pack. */
export class Turn {
  /** Resolves when the pack may run, or has ended before. */
  readonly begun: Promise<void>;
  begin!: () => void;
  readonly #onEnd: (turn: Turn) => void;

  constructor(onEnd: (turn: Turn) => void) {
    this.begun = new Promise((resolve) => (this.begin = resolve));
    this.#onEnd = onEnd;
  }

  /** The pack has run, or must not run. */
  end(): void {
    this.#onEnd(this);
    this.begin();
  }
}
