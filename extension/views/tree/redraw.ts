import type { Changes, Rows } from "./rows.js";
import type { TreeNode } from "./tree-node.js";

/**
 * Least milliseconds between two reports of changes to the editor. It draws a changed row anew, and drops a click if
 * its row is replaced between the press and the release of the button.
 */
const betweenChangesMs = 1000;
/** The same for changes of figures alone, such as ages. It is also the time between two looks at them. */
const betweenFiguresMs = 5000;
/** Least milliseconds between two builds of the rows. */
const betweenLooksMs = 400;

/** Time, in milliseconds. */
export interface RedrawClock {
  now(): number;
  /** Returns a function that cancels the call. */
  after(ms: number, run: () => void): () => void;
}

export interface RedrawParts {
  rows: Rows;
  build: () => readonly TreeNode[];
  /** Called only if there is a change. */
  tell: (changes: Changes) => void;
  clock: RedrawClock;
}

/** Decides when a tree's rows are built anew, and when its changes are told to the editor. */
export class Redraw {
  readonly #parts: RedrawParts;
  #isShown = false;
  #isStale = true;
  #toldAt = -Infinity;
  #figuresAt = -Infinity;
  #lookedAt = -Infinity;
  /** When the next look is; Infinity: none is planned. */
  #nextAt = Infinity;
  #cancel: () => void = () => {};

  constructor(parts: RedrawParts) {
    this.#parts = parts;
  }

  /** The tree is shown or hidden. A hidden tree builds nothing. */
  show(isShown: boolean): void {
    this.#isShown = isShown;
    this.#stop();
    if (isShown) this.update();
  }

  /** Something may have changed. */
  update(): void {
    this.#isStale = true;
    if (this.#isShown) this.#plan(Math.max(this.#toldAt + betweenChangesMs, this.#lookedAt + betweenLooksMs));
  }

  /** Builds the rows if they are out of date, for an editor that asks for them. */
  freshen(): void {
    if (this.#isStale) this.#build();
  }

  /** Builds the rows now, and reports what has changed. */
  look(): void {
    const { clock, rows, tell } = this.#parts;
    this.#stop();
    this.#build();
    const now = (this.#lookedAt = clock.now());
    const withFigures = now >= this.#figuresAt + betweenFiguresMs;
    const changes = rows.takeChanges(withFigures);
    if (changes.length > 0) {
      this.#toldAt = now;
      if (withFigures) this.#figuresAt = now;
      tell(changes);
    }
    // Ages grow, and figures may have been left for later.
    if (this.#isShown) this.#plan(withFigures ? now + betweenFiguresMs : this.#figuresAt + betweenFiguresMs);
  }

  dispose(): void {
    this.#isShown = false;
    this.#stop();
  }

  #build(): void {
    this.#isStale = false;
    this.#parts.rows.replace(this.#parts.build());
  }

  #plan(at: number): void {
    if (at >= this.#nextAt) return;
    this.#stop();
    this.#nextAt = at;
    this.#cancel = this.#parts.clock.after(Math.max(0, at - this.#parts.clock.now()), () => this.look());
  }

  #stop(): void {
    this.#cancel();
    this.#cancel = () => {};
    this.#nextAt = Infinity;
  }
}
