/** Small numbers that tell apart the runs that are shown at the same time. */
export class RunNumbers {
  readonly #taken = new Set<number>();

  /** The lowest number from 1 that no run has. */
  take(): number {
    let number = 1;
    while (this.#taken.has(number)) number++;
    this.#taken.add(number);
    return number;
  }

  giveBack(number: number): void {
    this.#taken.delete(number);
  }
}

/** The prefix of each line of the run with this number; empty for number 1. */
export function markOf(number: number): string {
  return number === 1 ? "" : `${number}│ `;
}
