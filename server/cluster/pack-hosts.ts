/** A pack that runs for this many milliseconds, or at most twice as long, has its host asked for. */
const longMs = 250;

export interface PackHostsParts {
  isRunning(pack: number): boolean;
  /** The host of each pack; null: unknown. */
  ask(packs: readonly number[]): Promise<readonly (string | null)[]>;
  tell(pack: number, host: string): void;
}

/** Asks the store on which hosts packs run. Short packs cost nothing: they have ended before they are asked for. */
export class PackHosts {
  readonly #parts: PackHostsParts;
  #young = new Set<number>();
  #old = new Set<number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: PackHostsParts) {
    this.#parts = parts;
  }

  began(pack: number): void {
    this.#young.add(pack);
    this.#timer ??= setInterval(() => void this.#look(), longMs);
  }

  end(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#young.clear();
    this.#old.clear();
  }

  async #look(): Promise<void> {
    const packs = [...this.#old].filter((pack) => this.#parts.isRunning(pack));
    this.#old = this.#young;
    this.#young = new Set();
    if (this.#old.size === 0) this.end();
    if (packs.length === 0) return;
    // While the store does not answer, the host stays unknown: the pack's outcome names it.
    const hosts = await this.#parts.ask(packs).catch(() => []);
    packs.forEach((pack, i) => {
      const host = hosts[i] ?? null;
      if (host !== null && this.#parts.isRunning(pack)) this.#parts.tell(pack, host);
    });
  }
}
